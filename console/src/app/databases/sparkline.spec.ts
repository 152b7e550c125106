import { TestBed } from '@angular/core/testing';
import { sparkPath } from './spark-path';
import { Sparkline } from './sparkline';

describe('a sparkline', () => {
  const words = async (points: number[]): Promise<string | null> => {
    const fixture = TestBed.createComponent(Sparkline);
    fixture.componentRef.setInput('points', points);
    fixture.componentRef.setInput('from', '2026-01-31T12:00:00');
    fixture.componentRef.setInput('stepSeconds', 1800);
    await fixture.whenStable();
    return (fixture.nativeElement as HTMLElement).querySelector('svg')?.getAttribute('aria-label') ?? null;
  };

  it('says in words what it shows', async () => {
    expect(await words([0, 1024, 3072])).toMatch(/^4 KB in the last 24 hours, most of it about (01:00 PM|13:00)$/);
    expect(await words([0, 0, 0])).toBe('Not used in the last 24 hours');
  });

  it('lies at the bottom where nothing goes on, and goes to the top at the most', () => {
    expect(sparkPath([0, 25, 100])).toEqual({ line: 'M0 19L1 10L2 1', area: 'M0 19L1 10L2 1L2 20L0 20Z' });
    expect(sparkPath([0, 0]).line).toBe('M0 19L1 19');
  });
});
