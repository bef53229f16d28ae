/**
 * The damage, in a worker of the demo page: drops encoded frames that have arrived, before they are
 * decoded. What is dropped is never heard or seen, so the decoder conceals and freezes as it does
 * after real loss.
 */

/** From the page: the shares of frames to drop, 0 to 1, by kind. */
export interface Damage {
  audio: number;
  video: number;
}

interface TransformEvent extends Event {
  transformer: {
    readable: ReadableStream<unknown>;
    writable: WritableStream<unknown>;
    options: keyof Damage;
  };
}

let damage: Damage = { audio: 0, video: 0 };

addEventListener("message", (event: MessageEvent<Damage>) => {
  damage = event.data;
});

addEventListener("rtctransform", (event) => {
  const { readable, writable, options: kind } = (event as TransformEvent).transformer;
  const sieve = new TransformStream<unknown, unknown>({
    transform(frame, controller) {
      if (Math.random() >= damage[kind]) controller.enqueue(frame);
    },
  });
  // The stream ends in an error when the call does: nothing to tell anyone.
  readable
    .pipeThrough(sieve)
    .pipeTo(writable)
    .catch(() => {});
});
