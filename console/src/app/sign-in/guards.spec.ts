import { pathWithin } from './guards';

describe('where a sign-in leads', () => {
  it('is a page of the console', () => expect(pathWithin('/databases/x')).toBe('/databases/x'));

  it('is never another site', () => {
    for (const address of ['https://evil.example', '//evil.example', '/\\evil.example', '/\t/evil.example', '/\n\\evil.example', 'javascript:alert(1)', null]) expect(pathWithin(address)).toBe('/');
  });
});
