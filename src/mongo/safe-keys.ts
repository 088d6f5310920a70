import { isObject, type Json, type JsonObject } from '../../domain/json';

/**
 * Trait names are the customers' own and may hold what MongoDB reads as a path or an operator (`.`, `$`), what
 * JavaScript reads as a prototype, what the driver takes for its own types (`_bsontype`), or NUL, which BSON cannot
 * carry. Such keys are percent-encoded in the database.
 */
function encodeKey(key: string): string {
  const encoded = key.replace(
    /[%.$\0]/g,
    (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );
  return encoded === '__proto__' || encoded === '_bsontype' ? `%5F${encoded.slice(1)}` : encoded;
}

function decodeKey(key: string): string {
  return key.replace(/%([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function mapKeys(value: Json, mapKey: (key: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, mapKey));
  return isObject(value) ? mapObjectKeys(value, mapKey) : value;
}

function mapObjectKeys(object: JsonObject, mapKey: (key: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [mapKey(key), mapKeys(value, mapKey)]));
}

/** The object with every key, nested ones too, in a form that MongoDB stores as it is. */
export function encodeKeys(object: JsonObject): JsonObject {
  return mapObjectKeys(object, encodeKey);
}

/** The opposite of encodeKeys. */
export function decodeKeys(object: JsonObject): JsonObject {
  return mapObjectKeys(object, decodeKey);
}
