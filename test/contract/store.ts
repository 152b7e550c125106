import { describe } from 'node:test';
import type { StoreUnderTest } from '../support/store.ts';
import { accountContract } from './store/accounts.ts';
import { activityContract } from './store/activity.ts';
import { auditContract } from './store/audit.ts';
import { backupContract } from './store/backups.ts';
import { changeContract } from './store/changes.ts';
import { creationContract } from './store/creation.ts';
import { eventContract } from './store/events.ts';
import { leaseContract } from './store/leases.ts';
import { listContract } from './store/lists.ts';
import { modelContract } from './store/models.ts';
import { monitoringContract } from './store/monitoring.ts';
import { portContract } from './store/ports.ts';
import { pulseContract } from './store/pulses.ts';
import { routeContract } from './store/routes.ts';
import { shareContract } from './store/shares.ts';
import { signInContract } from './store/sign-in.ts';
import { templateContract } from './store/templates.ts';
import { deliveryContract } from './store/webhook-deliveries.ts';
import { webhookContract } from './store/webhooks.ts';

export type OpenStore = () => Promise<StoreUnderTest>;

/** What every store promises (src/domain/ports/store.ts), on a real database. `open` gives an empty store each time. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`store on ${name}`, () => {
    accountContract(open);
    signInContract(open);
    templateContract(open);
    eventContract(open);
    portContract(open);
    creationContract(open);
    listContract(open);
    changeContract(open);
    shareContract(open);
    leaseContract(open);
    routeContract(open);
    activityContract(open);
    monitoringContract(open);
    pulseContract(open);
    webhookContract(open);
    deliveryContract(open);
    auditContract(open);
    backupContract(open);
    modelContract(open);
  });
}
