import { Component, signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { forgetDrafts } from '../sign-in/kept-drafts';
import { Session } from '../sign-in/session';
import { draft } from './draft';

@Component({ selector: 'dbm-with-draft', template: '{{ typed().name }}' })
class WithDraft {
  readonly typed = draft('form', { name: '', count: 1 });
}

describe('what is typed into a form', () => {
  const profile = signal<{ id: string } | null>({ id: 'ann' });

  beforeEach(() => {
    sessionStorage.clear();
    profile.set({ id: 'ann' });
    TestBed.configureTestingModule({ providers: [{ provide: Session, useValue: { profile } }] });
  });

  const open = (): { typed: WithDraft['typed']; close: () => void } => {
    const fixture = TestBed.createComponent(WithDraft);
    return { typed: fixture.componentInstance.typed, close: () => { TestBed.tick(); fixture.destroy(); } };
  };
  const type = (name: string): ReturnType<typeof open> => {
    const form = open();
    form.typed.set({ name, count: 2 });
    TestBed.tick();
    return form;
  };

  it('is there again after a sign-in that had ended', () => {
    const form = type('orders');
    profile.set(null);
    form.close();
    profile.set({ id: 'ann' });
    expect(open().typed()).toEqual({ name: 'orders', count: 2 });
  });

  it('is not there for somebody else', () => {
    const form = type('orders');
    profile.set(null);
    form.close();
    profile.set({ id: 'bob' });
    expect(open().typed().name).toBe('');
  });

  it('is forgotten when the form is left, and when somebody signs out', () => {
    type('orders').close();
    expect(open().typed().name).toBe('');
    type('orders');
    forgetDrafts();
    expect(open().typed().name).toBe('');
  });

  it('is taken up only where it fits', () => {
    sessionStorage.setItem('dbm.draft.ann.form', '{"name":1,"count":3,"other":true}');
    expect(open().typed()).toEqual({ name: '', count: 3 });
    sessionStorage.setItem('dbm.draft.ann.form', 'no JSON');
    expect(open().typed()).toEqual({ name: '', count: 1 });
  });
});
