import { otherProblems, problemAt } from './template-words';

const FIELDS = { '/name': 'is required', '/environmentVariables/LD_PRELOAD': 'this variable is reserved', '/environmentVariables/A~1B': 'is odd', '/command/0': 'must not hold the password', '/policies/allow/ttl': 'must be a time', '/more': 'is not known' };

describe('what is wrong with a template', () => {
  it('is said at its field, in words', () => {
    expect(problemAt(FIELDS, '/name')).toBe('The name is required.');
    expect(problemAt(FIELDS, '/environmentVariables')).toBe('LD_PRELOAD: this variable is reserved. A/B: is odd.');
    expect(problemAt(FIELDS, '/command')).toBe('Argument 1 must not hold the password.');
    expect(problemAt(FIELDS, '/image')).toBeNull();
  });

  it('is said once, and beside the form where that has no field for it', () => {
    expect(otherProblems(FIELDS)).toEqual(['policies.allow.ttl must be a time.', 'more is not known.']);
    expect(otherProblems({ '/': 'must be an object' })).toEqual(['The document must be an object.']);
  });
});
