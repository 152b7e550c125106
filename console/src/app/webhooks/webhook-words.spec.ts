import { answerText, deliveryLooks, webhookLooks } from './webhook-words';

describe('words of webhooks', () => {
  const on = { enabled: true, disabledReason: null, failingSince: null };

  it('say whether it is on, and who switched it off', () => {
    expect(webhookLooks(on).text).toBe('On');
    expect(webhookLooks({ ...on, failingSince: '2026-01-31T12:00:00Z' }).tone).toBe('warn');
    expect(webhookLooks({ ...on, enabled: false }).text).toBe('Paused');
    expect(webhookLooks({ ...on, enabled: false, disabledReason: 'gone' }).text).toContain('its receiver said');
    expect(webhookLooks({ ...on, enabled: false, disabledReason: 'something new' }).text).toBe('Switched off automatically');
  });

  it('say how it went', () => {
    expect(deliveryLooks({ state: 'pending', attempts: 0, lastTriedAt: null }).text).toBe('Waiting');
    expect(deliveryLooks({ state: 'pending', attempts: 2, lastTriedAt: '2026-01-31T12:00:00Z' }).text).toBe('Retrying');
    expect(answerText({ state: 'delivered', lastStatus: 204, lastError: null })).toBe('The receiver answered 204.');
    expect(answerText({ state: 'gave_up', lastStatus: 500, lastError: 'It answered 500.' })).toBe('It answered 500.');
    expect(answerText({ state: 'pending', lastStatus: null, lastError: null })).toBeNull();
  });
});
