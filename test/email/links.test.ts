import fc from 'fast-check';
import { makeId } from '../../domain/ids';
import { createLinkSigner } from '../../src/email/links';

const links = createLinkSigner('a key of the tests');
const hex24 = fc.stringMatching(/^[0-9a-f]{24}$/);
/** By the purpose that each reads. */
const readers = {
  open: (token: string) => links.readOpen(token),
  click: (token: string) => links.readClick(token),
  unsubscribe: (token: string) => links.readUnsubscribe(token),
  confirm: (token: string) => links.readConfirm(token),
  returnPath: (token: string) => links.readReturnPath(token),
};
const urls = fc.string().map((text) => `https://example.com/?q=${encodeURIComponent(text)}`);
const emailIds = hex24.map((hex) => makeId('email', hex));

test('whatever is signed is read back', () => {
  fc.assert(
    fc.property(hex24, urls, (hex, url) => {
      const [emailId, signupId] = [makeId('email', hex), makeId('signup', hex)];
      expect(links.readOpen(links.open(emailId))).toEqual({ emailId });
      expect(links.readClick(links.click(emailId, url))).toEqual({ emailId, url });
      expect(links.readUnsubscribe(links.unsubscribe(emailId))).toEqual({ emailId });
      const whom = { workspaceId: makeId('workspace', hex), contactId: makeId('contact', hex), campaignId: 'cmp_1' };
      expect(links.readUnsubscribe(links.unsubscribe(emailId, whom))).toEqual({ emailId, whom });
      expect(links.readConfirm(links.confirm(signupId))).toEqual({ signupId });
      expect(links.readReturnPath(links.returnPath(emailId))).toEqual({ emailId });
    }),
  );
});

test('a destination may hold any character', () => {
  fc.assert(
    fc.property(emailIds, fc.string({ unit: 'grapheme', maxLength: 300 }), (emailId, url) => {
      expect(links.readClick(links.click(emailId, url))).toEqual({ emailId, url });
    }),
  );
});

test('a token is made for a path and a return path for a mailbox, whatever case it comes back in', () => {
  fc.assert(
    fc.property(emailIds, urls, (emailId, url) => {
      expect(links.click(emailId, url)).toMatch(/^[\w-]+\.[\w-]{22}$/);
      expect(links.returnPath(emailId)).toMatch(/^[a-z0-9-]{1,64}$/);
      expect(links.readReturnPath(links.returnPath(emailId).toUpperCase())).toEqual({ emailId });
    }),
  );
});

test('what is altered in one place, cut or longer is not read', () => {
  const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ~%'];
  fc.assert(
    fc.property(
      emailIds,
      fc.nat(),
      fc.constantFrom(...alphabet),
      fc.constantFrom(0, 1, 2),
      (emailId, nth, character, how) => {
        const token = links.click(emailId, 'https://example.com/');
        const at = nth % token.length;
        const tail = how === 0 ? token.slice(at + 1) : token.slice(at);
        const altered = how === 2 ? token.slice(0, at) : `${token.slice(0, at)}${character}${tail}`;
        fc.pre(altered !== token);
        expect(links.readClick(altered)).toBeUndefined();
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a token of another purpose or another key is not read', () => {
  const other = createLinkSigner('another key');
  fc.assert(
    fc.property(hex24, (hex) => {
      const [emailId, signupId] = [makeId('email', hex), makeId('signup', hex)];
      const tokensOf = (signer: typeof links) => ({
        open: signer.open(emailId),
        click: signer.click(emailId, 'https://example.com/'),
        unsubscribe: signer.unsubscribe(emailId),
        confirm: signer.confirm(signupId),
        returnPath: signer.returnPath(emailId),
      });
      for (const [purpose, read] of Object.entries(readers)) {
        for (const [made, token] of Object.entries(tokensOf(links))) {
          expect({ purpose, made, isRead: read(token) !== undefined }).toEqual({
            purpose,
            made,
            isRead: purpose === made,
          });
        }
        for (const token of Object.values(tokensOf(other))) expect(read(token)).toBeUndefined();
      }
    }),
    { numRuns: 30 },
  );
});

test('nothing that comes makes a reader throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (token) => {
      for (const read of Object.values(readers)) {
        expect(read(token)).toBeUndefined();
      }
    }),
  );
});
