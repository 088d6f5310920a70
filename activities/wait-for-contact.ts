/** Where tracks that wait for their contact are listed. Needs: src/mongo/waiters.ts and messages.ts. */
export interface WaitingRoom {
  enter(messageKey: string, nowMs: number): Promise<void>;
  leave(messageKey: string): Promise<void>;
}

/** The list that an identify reads after its commit, so that a waiting track goes on at once. */
export function createWaitForContact(deps: { waitingRoom: WaitingRoom; now: () => number }) {
  return {
    /** Written before the track looks for its contact again: an identify in between finds this row, or is found. */
    async enterWaitingRoom(input: { key: string }): Promise<void> {
      await deps.waitingRoom.enter(input.key, deps.now());
    },
    async leaveWaitingRoom(input: { key: string }): Promise<void> {
      await deps.waitingRoom.leave(input.key);
    },
  };
}
