import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownUrl, webhookUrlProblem } from './url.ts';

test('http and https URLs with a name or a public address are taken', () => {
  for (const url of ['https://hooks.example.com/a?b=c', 'http://example.com', 'https://example.com:8443/x', 'https://1.1.1.1/', 'https://[2606:4700:4700::1111]/', 'https://bücher.example/']) {
    assert.equal(webhookUrlProblem(url, []), null, url);
  }
});

test('other schemes, credentials, fragments and what is no URL are refused', () => {
  for (const url of ['', 'x', 'example.com', 'ftp://example.com/', 'file:///etc/passwd', 'gopher://x', 'unix:/run/docker.sock', 'javascript:alert(1)', 'https://', 'https://a:b@example.com/', 'https://a@example.com/',
    'https://example.com/#x', ' https://example.com/', 'https://exam\nple.com/', 'https://example.com/\r\nx: y', 'https://example.com:99999/', `https://example.com/${'a'.repeat(2000)}`]) {
    assert.notEqual(webhookUrlProblem(url, []), null, url);
  }
});

test('an address inside is refused in every way that a URL can write it, unless it is allowed', () => {
  const loopback = ['http://127.0.0.1/', 'http://127.1/', 'http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/', 'http://127.0.0.1.:80/', 'http://[::ffff:127.0.0.1]/', 'http://①②⑦.0.0.1/'];
  for (const url of [...loopback, 'http://[::1]/', 'http://0/', 'http://[::]/', 'http://169.254.169.254/latest/meta-data', 'http://[fd00:ec2::254]/', 'http://192.168.1.1/']) {
    assert.match(webhookUrlProblem(url, []) ?? '', /^must not lead to a/, url);
  }
  for (const url of loopback) assert.equal(webhookUrlProblem(url, ['127.0.0.0/8']), null, url);
});

test('others than its owner see no more of a URL than where it leads', () => {
  assert.equal(shownUrl('https://hooks.example.com/services/T0/s3cret?key=abc'), 'https://hooks.example.com/...');
  assert.equal(shownUrl('https://example.com:8443/?key=abc'), 'https://example.com:8443/...');
  assert.equal(shownUrl('https://example.com'), 'https://example.com');
});
