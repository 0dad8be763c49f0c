/** Two soft tones, made here: no sound file to load. Browsers allow them only after the person has used the page. */
export function chime(): void {
  try {
    const audio = new AudioContext();
    for (const [at, frequency] of [
      [0, 587.3],
      [0.16, 880],
    ] as const) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const start = audio.currentTime + at;
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.16, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.5);
    }
    setTimeout(() => void audio.close(), 1500);
  } catch {
    // No sound here; the card is there all the same.
  }
}
