import { ApiError } from '../api/api-error';

/**
 * What the API says of single fields, as sentences about what people see of them.
 * @param names pointer -> "The address"; of what is not here, all stays as the API has it
 */
export function inWordsOfFields(problem: ApiError | null, names: Readonly<Record<string, string>>): ApiError | null {
  if (problem === null) return null;
  const texts = Object.entries(problem.fields).map(([pointer, text]) => {
    const name = names[pointer] ?? names[pointer.replace(/\/\d+$/, '/*')];
    return name === undefined ? null : $localize`${name}:field: ${text}:problem:.`;
  });
  if (texts.length === 0 || texts.includes(null)) return problem;
  const { code, status, requestId, remedy, fields } = problem;
  return new ApiError({ detail: texts.join(' '), code, status, ...(requestId === null ? {} : { requestId }), ...(remedy === null ? {} : { remedy }), fields: { ...fields } }, { cause: problem });
}
