/**
 * The damage, in a worker of the demo page: drops encoded frames that have arrived, before they are
 * decoded. What is dropped is never heard or seen, so the decoder conceals and freezes as it does
 * after real loss.
 */

/** From the page: the share of frames to drop, 0 to 1. */
export interface Damage {
  drop: number;
}

interface TransformEvent extends Event {
  transformer: { readable: ReadableStream<unknown>; writable: WritableStream<unknown> };
}

let drop = 0;

addEventListener("message", (event: MessageEvent<Damage>) => {
  drop = event.data.drop;
});

addEventListener("rtctransform", (event) => {
  const { readable, writable } = (event as TransformEvent).transformer;
  const sieve = new TransformStream<unknown, unknown>({
    transform(frame, controller) {
      if (Math.random() >= drop) controller.enqueue(frame);
    },
  });
  // The stream ends in an error when the call does: nothing to tell anyone.
  readable
    .pipeThrough(sieve)
    .pipeTo(writable)
    .catch(() => {});
});
