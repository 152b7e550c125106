import { engineOf } from '../domain/template/validate.ts';
import type { TemplateDocument } from '../domain/template/template.ts';
import { fillVariables } from '../domain/template/variables.ts';

/**
 * Login and database inside a new instance. Redis: an ACL user named like the slug (so that the gateway can route by it) and database 0.
 * PostgreSQL: what the template's POSTGRES_USER and POSTGRES_DB say; everything else: the owner's name.
 */
export function loginOf(template: TemplateDocument, owner: string, identity: { slug: string; name: string; id: string }): { username: string; database: string } {
  const engine = engineOf(template);
  if (engine === 'redis') return { username: identity.slug, database: '0' };
  const { POSTGRES_USER, POSTGRES_DB } = engine === 'postgresql' ? (template.environmentVariables ?? {}) : {};
  const username = fillVariables(POSTGRES_USER ?? '{username}', { username: owner });
  // PostgreSQL would cut a longer name silently, and then not find it.
  const database = fillVariables(POSTGRES_DB ?? '{username}_db', { username, ...identity }).slice(0, 63);
  return { username, database };
}
