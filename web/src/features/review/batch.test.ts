import { describe, expect, it, vi } from "vitest";
import { Batch } from "./batch";

describe("a batch", () => {
  it("sends what came together in one part, and no part with more than fits", async () => {
    vi.useFakeTimers();
    const sent: number[][] = [];
    const batch = new Batch<number>(async (part) => void sent.push(part), 400, 3);
    batch.add(1);
    batch.add(2, 3, 4);
    expect(batch.left).toBe(4);
    await vi.advanceTimersByTimeAsync(399);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toEqual([[1, 2, 3], [4]]);
    expect(batch.left).toBe(0);
    vi.useRealTimers();
  });

  it("sends one part after the other, and nothing twice", async () => {
    vi.useFakeTimers();
    const sent: number[][] = [];
    const batch = new Batch<number>(async (part) => {
      sent.push(part);
      await new Promise((done) => setTimeout(done, 1000));
    }, 100);
    batch.add(1);
    await vi.advanceTimersByTimeAsync(150);
    batch.add(2);
    await vi.advanceTimersByTimeAsync(500);
    expect(sent).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent).toEqual([[1], [2]]);
    vi.useRealTimers();
  });
});
