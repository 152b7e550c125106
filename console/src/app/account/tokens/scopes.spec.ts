import { scopesFor, scopeText } from './scopes';

describe('scopes of tokens', () => {
  it('are told by what the widest one lets do', () => {
    expect(scopeText(['read', 'write'])).toBe('Read and change');
    expect(scopeText(['read'])).toBe('Read only, no passwords');
    expect(scopeText(['of a newer server'])).toBe('of a newer server');
  });

  it('are offered as far as one may give them', () => {
    expect(scopesFor('user').map(({ scope }) => scope)).toEqual(['read', 'write']);
    expect(scopesFor('admin').map(({ scope }) => scope)).toEqual(['read', 'write', 'admin']);
  });
});
