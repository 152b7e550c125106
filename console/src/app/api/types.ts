import type { components, paths } from './generated/openapi';

type Schemas = components['schemas'];

/** A database, as the API shows it. */
export type Database = Schemas['Instance'];
export type DatabaseState = Database['status'];
export type Connection = Schemas['Connection'];
export type DatabaseEvent = Schemas['InstanceEvent'];
/** How much went on with each database, of those with which anything did. */
export type DayOfActivity = paths['/api/containers/activity']['get']['responses'][200]['content']['application/json'];
/** What somebody may do with a database. */
export type AccessLevel = Database['access'];
export type Share = Schemas['Share'];
export type Template = Schemas['Template'];
export type Backup = Schemas['Backup'];
/** Of whoever is signed in, with the end of the session. */
export type Profile = Schemas['LoggedIn'];
/** Who somebody is, what they may hold and what they hold. */
export type Me = Schemas['Profile'];
export type NewToken = Schemas['NewToken'];
export type SignInSettings = Schemas['SignIn'];
/** Somebody, as admins see them. */
export type Person = Schemas['Person'];
export type Quota = Schemas['User']['quota'];
export type Token = Schemas['Token'];
export type Monitoring = Schemas['Monitoring'];
export type AuditRecord = Schemas['AuditRecord'];
export type Webhook = Schemas['Webhook'];
export type Delivery = Schemas['WebhookDelivery'];
export type WebhookChange = NonNullable<paths['/api/webhooks/{id}']['patch']['requestBody']>['content']['application/json'];
export type Problem = Schemas['Problem'];
export type NewDatabase = paths['/api/containers']['post']['requestBody']['content']['application/json'];
export type DatabaseChange = NonNullable<paths['/api/containers/{id}']['patch']['requestBody']>['content']['application/json'];
export type History = paths['/api/containers/{id}/metrics/history']['get']['responses'][200]['content']['application/json'];
