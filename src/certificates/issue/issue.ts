// The library wants decorators' metadata, which is only a global that this import sets: it has to come first.
import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Pair } from '../pair.ts';
import type { IssueRequest } from './request.ts';

/** ECDSA on P-256 with SHA-256: every client of the last ten years verifies it, and a handshake costs a tenth of RSA's. */
const KEY = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

/** Makes a new key and the certificate that was asked for: an authority that signs itself, or a server's, signed by an authority. */
export async function issue(request: IssueRequest): Promise<Pair> {
  const keys = generateKeyPairSync('ec', { namedCurve: KEY.namedCurve });
  const publicKey = await importKey(keys.publicKey, 'verify');
  const signer = request.kind === 'authority' ? keys.privateKey : createPrivateKey(request.authority.key);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    ...(request.kind === 'authority' ? await authorityFields(request, publicKey) : await serverFields(request, publicKey)),
    notBefore: new Date(request.notBefore),
    notAfter: new Date(request.notAfter),
    signingAlgorithm: SIGNATURE,
    publicKey,
    signingKey: await importKey(signer, 'sign'),
  });
  return { key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: `${certificate.toString('pem')}\n` };
}

type Fields = Pick<x509.X509CertificateCreateCommonParams, 'subject' | 'issuer' | 'extensions'>;

async function authorityFields({ name }: IssueRequest & { kind: 'authority' }, publicKey: webcrypto.CryptoKey): Promise<Fields> {
  return {
    subject: [{ CN: [name] }],
    issuer: [{ CN: [name] }],
    extensions: [
      // No authority below this one. No name constraints: they would tie it to one domain, and a change of the domain would then
      // need an authority that everybody has to trust anew.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  };
}

async function serverFields({ authority, names }: IssueRequest & { kind: 'server' }, publicKey: webcrypto.CryptoKey): Promise<Fields> {
  const issuer = new x509.X509Certificate(authority.certificate);
  return {
    subject: [{ CN: ['DbMaker gateway'] }], // who it is for stands in the names below: clients look at nothing else, and CN ends at 64 characters
    issuer: issuer.subjectName,
    extensions: [
      new x509.SubjectAlternativeNameExtension(names.map((name) => ({ type: isAddress(name) ? 'ip' : 'dns', value: name }))),
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  };
}

function importKey(key: KeyObject, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey> {
  return usage === 'sign'
    ? webcrypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), KEY, false, [usage])
    : webcrypto.subtle.importKey('spki', key.export({ type: 'spki', format: 'der' }), KEY, true, [usage]);
}

/** 16 bytes, positive and without a leading zero as DER wants it: what clients refuse to see twice from one issuer. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function isAddress(name: string): boolean {
  return /^[\d.]+$/.test(name) || name.includes(':');
}
