import { ApiError } from '../api/api-error';
import { inWordsOfFields } from './field-problem';

describe('what is wrong with fields', () => {
  const problem = (fields: Record<string, string>): ApiError => new ApiError({ status: 400, code: 'invalid_request', detail: 'The request is not valid.', requestId: 'r1', fields });
  const names = { '/url': 'The address', '/types/*': 'A type of event' };

  it('is said by the names that people see', () => {
    const told = inWordsOfFields(problem({ '/url': 'must be a URL', '/types/3': 'must be a type' }), names);
    expect([told?.message, told?.requestId]).toEqual(['The address must be a URL. A type of event must be a type.', 'r1']);
  });

  it('stays as the API says it where a field has no name here, or there is none', () => {
    for (const fields of [{ '/url': 'must be a URL', '/other': 'must not be' }, {}]) expect(inWordsOfFields(problem(fields), names)?.message).toBe('The request is not valid.');
  });
});
