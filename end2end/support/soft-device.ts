/**
 * A device for tests that need no browser: a WebCrypto key that cannot be exported, and the licence
 * requests that it signs, as the shop's simulated CDM does.
 */
import { createHash, randomBytes } from 'node:crypto';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };

export interface Licence {
  keys: { kty: 'oct'; kid: string; k: string }[];
}

interface PublicKey {
  crv: string;
  kty: string;
  x: string;
  y: string;
}

export class SoftDevice {
  /** The first half of the key's RFC 7638 thumbprint, as hexadecimal digits. */
  readonly id: string;
  readonly #jwk: PublicKey;
  readonly #key: CryptoKey;

  private constructor(id: string, jwk: PublicKey, key: CryptoKey) {
    this.id = id;
    this.#jwk = jwk;
    this.#key = key;
  }

  static async make(): Promise<SoftDevice> {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(ALGORITHM, false, ['sign']);
    const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
    // In the order that RFC 7638 hashes the members.
    const jwk = { crv: 'P-256', kty: 'EC', x, y };
    const id = sha256(JSON.stringify(jwk)).subarray(0, 16).toString('hex');
    return new SoftDevice(id, jwk, privateKey);
  }

  /** A licence request for a token and kids, good for one use: to be sent as `application/jose`. */
  async sign(tokenUrl: string, kids: string[]): Promise<string> {
    const token = new URL(tokenUrl).searchParams.get('ExpressPlayToken') ?? '';
    const header = { alg: 'ES256', typ: 'license-challenge+jwt', jwk: this.#jwk };
    const claims = {
      kids: kids.map((kid) => Buffer.from(kid, 'hex').toString('base64url')),
      type: 'temporary',
      iat: Math.floor(Date.now() / 1000),
      jti: randomBytes(16).toString('hex'),
      ath: sha256(token).toString('base64url'),
    };
    const input = `${encode(header)}.${encode(claims)}`;
    const how = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await crypto.subtle.sign(how, this.#key, Buffer.from(input));
    return `${input}.${Buffer.from(signature).toString('base64url')}`;
  }

  /** Redeems a token: the answer is a {@link Licence}, or a refusal with a code. */
  async redeem(tokenUrl: string, kids: string[]): Promise<Response> {
    const body = await this.sign(tokenUrl, kids);
    return fetch(tokenUrl, { method: 'POST', headers: { 'content-type': 'application/jose' }, body });
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
