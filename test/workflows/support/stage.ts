import { openPlace, type Place } from './place';
import { openScene, type Scene, type SceneOptions } from './scene';

/** One place for the file's tests, on a server that skips time or another; each scene ends with the test that opens it. */
export function setStage(open: () => Promise<Place> = openPlace): { open: (options?: SceneOptions) => Promise<Scene> } {
  let place: Place;
  let scenes: Scene[] = [];
  beforeAll(async () => {
    place = await open();
  });
  afterEach(async () => {
    const opened = scenes;
    scenes = [];
    for (const scene of opened) await scene.close();
  });
  afterAll(() => place.close());
  return {
    async open(options) {
      await place.readClock();
      const scene = await openScene(place, options);
      scenes.push(scene);
      return scene;
    },
  };
}
