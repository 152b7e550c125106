import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import fastify, { LogController } from 'fastify';
import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { Settings } from 'typebox/system';
import type { ApiContext, App } from './app-type.ts';
import type { ApiDependencies } from './dependencies.ts';
import { buildLazySerializer } from './lazy-serializer.ts';
import { registerAudit } from './plugins/audit.ts';
import { registerAuth } from './plugins/auth.ts';
import { registerConsole } from './plugins/console.ts';
import { answerError, registerErrors } from './plugins/errors.ts';
import { registerIssuer } from './plugins/issuer.ts';
import { registerMetrics } from './plugins/metrics.ts';
import { registerOpenApi } from './plugins/openapi.ts';
import { registerRateLimit } from './plugins/rate-limit.ts';
import { registerRequestLog } from './plugins/request-log.ts';
import { registerActivityRoute } from './routes/activity.ts';
import { registerActionRoutes } from './routes/actions.ts';
import { registerAuditRoutes } from './routes/audit.ts';
import { registerEventStream } from './routes/event-stream.ts';
import { registerBackupRoutes } from './routes/backups.ts';
import { registerInspectionRoutes } from './routes/inspection.ts';
import { registerInstanceRoutes } from './routes/instances.ts';
import { registerOutlookRoutes } from './routes/outlook.ts';
import { registerPasswordRoutes } from './routes/passwords.ts';
import { platformSchemas, registerPlatformRoutes } from './routes/platform.ts';
import { registerSignInRoute, SignInSettings } from './routes/sign-in.ts';
import { registerSessionRoutes } from './routes/sessions.ts';
import { registerShareRoutes } from './routes/shares.ts';
import { registerTemplateRoutes } from './routes/templates.ts';
import { registerTokenRoutes } from './routes/tokens.ts';
import { registerUserRoutes } from './routes/users.ts';
import { registerWebhookRoutes } from './routes/webhooks.ts';
import { AuditRecord } from './schemas/audit.ts';
import { Backup } from './schemas/backup.ts';
import { Problem } from './schemas/common.ts';
import { Connection, Instance, InstanceEvent, InstanceMetrics } from './schemas/instance.ts';
import { Share } from './schemas/share.ts';
import { Template } from './schemas/template.ts';
import { LoggedIn, NewToken, Person, Profile, Token, User } from './schemas/user.ts';
import { webhookSchemas } from './schemas/webhook.ts';
import { SessionCookie } from './session-cookie.ts';
import { OpenAnswers } from './sign-in/open-answers.ts';
import { SignIn } from './sign-in/sign-in.ts';
import { StatusWaiter } from './wait.ts';

const BODY_LIMIT = 64 * 1024;
/** For all of a request to come. Fastify by itself waits for ever; how long an answer takes is another matter. */
const REQUEST_MS = 60_000;
/** Members of one request that are told to be wrong. */
const FIELDS_AT_MOST = 100;

/**
 * The HTTP API, ready to listen or to be injected into; it does not listen by itself.
 * @throws invalid_configuration when a route does not say who may use it, or how what it changes is audited
 */
export async function buildApp(dependencies: ApiDependencies): Promise<App> {
  const { trustedProxies = [] } = dependencies.config;
  Settings.Set({ maxErrors: FIELDS_AT_MOST }); // of TypeBox, for the whole process; by itself it stops after eight, and people are told of all that is wrong
  const app: App = fastify({
    loggerInstance: dependencies.log,
    logController: new LogController({ disableRequestLogging: true }), // registerRequestLog writes one line a request
    schemaController: { compilersFactory: { buildSerializer: buildLazySerializer } },
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_MS,
    genReqId: () => randomUUID(),
    requestIdHeader: false, // a client could put anything into our logs
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false, // what others say of their clients is not believed
    return503OnClosing: false, // what was accepted is answered
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  }).setValidatorCompiler(TypeBoxValidatorCompiler);

  const closing = new AbortController();
  app.addHook('preClose', async () => { closing.abort(); });
  app.addHook('onSend', async (_request, reply) => {
    // Also answers to requests that came before: an open connection would hold up the end.
    if (closing.signal.aborted) void reply.header('connection', 'close');
  });
  const waiter = new StatusWaiter(dependencies.store, dependencies.status, dependencies.clock);
  const signInCheck = new SignIn(dependencies);
  const { isPublicHttps: isHttps = false, installation = null } = dependencies.config;
  const sessionCookie = new SessionCookie({ isHttps, installation });
  const context: ApiContext = { ...dependencies, signInCheck, openAnswers: new OpenAnswers({ ...dependencies, signInCheck }), sessionCookie, closing: closing.signal, metrics: new Registry(), waiter };

  acceptEmptyJson(app);
  registerErrors(app);
  registerRequestLog(app);
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: dependencies.config.isPublicHttps === true ? { maxAge: 31_536_000, includeSubDomains: false } : false, // it would lock people out of http://localhost
  });
  await app.register(cookie);
  const count = await registerRateLimit(app, dependencies.config.rateLimit);
  registerAuth(app, context, count.failedLogin);
  registerAudit(app, dependencies);

  const entities = [Problem, Instance, Connection, InstanceEvent, InstanceMetrics, Template, User, Person, Token, NewToken, Profile, LoggedIn, SignInSettings, AuditRecord, Backup, Share];
  for (const schema of [...entities, ...platformSchemas]) app.addSchema(schema);
  for (const schema of webhookSchemas) app.addSchema(schema);
  await registerOpenApi(app);
  registerPlatformRoutes(app, context);
  registerMetrics(app, context);
  registerUserRoutes(app, context);
  registerPasswordRoutes(app, context);
  registerTokenRoutes(app, context);
  registerSessionRoutes(app, context);
  registerSignInRoute(app, context);
  if (context.signIn.kind === 'embedded') await registerIssuer(app, context.signIn.issuer, count.signInBegun);
  registerTemplateRoutes(app, context);
  registerWebhookRoutes(app, context);
  registerInstanceRoutes(app, context);
  registerActionRoutes(app, context);
  registerInspectionRoutes(app, context);
  registerActivityRoute(app, context);
  registerOutlookRoutes(app, context);
  registerShareRoutes(app, context);
  registerBackupRoutes(app, context);
  registerAuditRoutes(app, context);
  registerEventStream(app, context);
  const { consoleDirectory = null } = dependencies.config;
  if (consoleDirectory !== null) await registerConsole(app, { directory: consoleDirectory, issuerOrigins: async () => (await signInCheck.discovery?.origins()) ?? [] });
  await app.ready();
  return app;
}

/** Clients that always send Content-Type: application/json also send it with a POST that has no body. */
function acceptEmptyJson(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body.toString(), done);
  });
}
