export const minPasswordLength = 12;
/** Each try costs the hashing of all of it. */
export const maxPasswordLength = 128;
