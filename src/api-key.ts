import { randomInt } from 'node:crypto';
import { sha256Hex } from './sha256';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefix = 'esx_live_';
const randomLength = 30;
const checksumLength = 6;

/** A new key: `esx_live_`, 30 random base62 characters (178 bits) and a checksum that finds typing errors offline. */
export function newApiKey(): string {
  const random = Array.from({ length: randomLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${prefix}${random}${checksum(random)}`;
}

/** What the store holds and looks up. A key is random enough that a plain hash cannot be reversed. */
export function hashApiKey(key: string): string {
  return sha256Hex(key);
}

/** Enough of a key to tell it from another, and too little to use it. */
export function displayApiKey(key: string): string {
  return `${key.slice(0, prefix.length + 4)}…${key.slice(-4)}`;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < checksumLength; place++) {
    digits = `${alphabet[rest % alphabet.length]}${digits}`;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}
