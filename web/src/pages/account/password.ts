const minLength = 12;

export const passwordHint = `At least ${minLength} characters: some words in a row are easy to remember.`;

/** What is wrong with a password that is chosen now. */
export function passwordProblem(password: string): string | null {
  return password.length < minLength ? `Give at least ${minLength} characters` : null;
}
