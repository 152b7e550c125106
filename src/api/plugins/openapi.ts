import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { Access, App } from '../app-type.ts';
import { VERSION } from '../version.ts';

const NEEDS: Readonly<Record<Exclude<Access, 'public'>, string>> = {
  read: 'Needs a token with the scope `read`.',
  write: 'Needs a token with the scope `write`.',
  admin: 'Needs a token of an admin with the scope `admin`.',
  monitor: 'Needs a token of an admin with the scope `admin`, or a direct connection from the same machine.',
};

/** Everything from here, nothing inline: works without the internet and runs no foreign script. */
const DOCS_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** /openapi.json from the schemas of the routes, /docs to browse it. Call before routes are registered. */
export async function registerOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'DbMaker', version: VERSION, description: 'Databases of your own. Errors are RFC 9457 problems with a stable `code`.', license: { name: 'MIT' } },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'dbm_...' } } },
      tags: ['containers', 'templates', 'tokens', 'users', 'audit', 'webhooks', 'platform'].map((name) => ({ name })),
    },
    refResolver: { buildLocalReference: (schema, _base, _fragment, index) => (typeof schema['$id'] === 'string' ? schema['$id'] : `def-${String(index)}`) },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access;
      if (access === undefined || access === 'public') return { schema: { ...schema, security: [] }, url };
      const audited = route.config?.audit;
      const action = typeof audited === 'object' ? audited.action : undefined;
      const description = [schema.description, NEEDS[access], action && `Written to the audit as \`${action}\`.`].filter((text) => text !== undefined).join('\n\n');
      return { schema: { ...schema, ...(action === undefined ? {} : { 'x-audit': action }), description, security: access === 'monitor' ? [{ token: [] }, {}] : [{ token: [] }] }, url };
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_CSP, theme: { title: 'DbMaker API' }, uiConfig: { validatorUrl: null } });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => app.swagger());
}
