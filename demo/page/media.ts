/** What this page sends: a drawing and a soft tone, so that no camera needs to be asked for. */

const FPS = 15;
const NOTES = [220, 262, 330, 294, 247, 196];

/** Draws the moving picture of `name` on `canvas`, for ever. */
export function draw(canvas: HTMLCanvasElement, name: string, hue: number): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const { width, height } = canvas;
  const paint = () => {
    const seconds = Date.now() / 1000;
    const sky = pen.createLinearGradient(0, 0, width, height);
    sky.addColorStop(0, `hsl(${hue} 45% 22%)`);
    sky.addColorStop(1, `hsl(${hue + 40} 50% 12%)`);
    pen.fillStyle = sky;
    pen.fillRect(0, 0, width, height);
    for (let wave = 0; wave < 3; wave++) {
      pen.beginPath();
      for (let x = 0; x <= width; x += 4) {
        const swing = Math.sin(x / (46 + 14 * wave) + seconds * (1.6 - 0.4 * wave) + wave);
        pen.lineTo(x, height * (0.62 + 0.07 * wave) + swing * 20);
      }
      pen.strokeStyle = `hsl(${hue + 25 * wave} 80% ${70 - 12 * wave}%)`;
      pen.lineWidth = 3;
      pen.stroke();
    }
    pen.fillStyle = "#ffffff";
    pen.textAlign = "center";
    pen.font = "600 40px system-ui, sans-serif";
    pen.fillText(name, width / 2, height * 0.36);
    pen.font = "20px system-ui, sans-serif";
    pen.fillText(new Date().toLocaleTimeString("en-GB"), width / 2, height * 0.5);
  };
  paint();
  setInterval(paint, 1000 / FPS);
}

/** Picture and sound as a stream, and the context that makes the sound. */
export function capture(canvas: HTMLCanvasElement): { stream: MediaStream; sound: AudioContext } {
  const sound = new AudioContext();
  const out = sound.createMediaStreamDestination();
  const volume = sound.createGain();
  const voice = sound.createOscillator();
  volume.gain.value = 0.08;
  voice.type = "triangle";
  voice.connect(volume).connect(out);
  voice.start();
  let note = Math.floor(Math.random() * NOTES.length);
  setInterval(() => {
    note = (note + 1) % NOTES.length;
    voice.frequency.setTargetAtTime(NOTES[note] ?? 220, sound.currentTime, 0.05);
  }, 600);
  const stream = canvas.captureStream(FPS);
  for (const track of out.stream.getAudioTracks()) stream.addTrack(track);
  return { stream, sound };
}
