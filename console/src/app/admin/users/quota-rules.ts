import { min, schema, validate } from '@angular/forms/signals';
import type { Schema } from '@angular/forms/signals';
import type { QuotaValues } from './quota-values';

const notNegative = { message: $localize`This must not be less than 0.` };

/** @param mayBeEmpty an empty field leaves it to the installation */
export function quotaRules(mayBeEmpty: boolean): Schema<QuotaValues> {
  return schema((path) => {
    for (const field of [path.instances, path.memoryGb, path.cpus, path.backupGb]) {
      min(field, 0, notNegative);
      validate(field, ({ value }) => (mayBeEmpty || value() !== null ? null : { kind: 'empty', message: $localize`A number is needed; 0 is none at all.` }));
    }
    validate(path.instances, ({ value }) => (Number.isInteger(value() ?? 0) ? null : { kind: 'whole', message: $localize`There are no halves of databases.` }));
  });
}
