import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { dismiss, hold, toast, toastUndo, useToasts } from "./toast";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("goes away after eight seconds, but not while it is held", () => {
  const { result } = renderHook(() => useToasts());
  act(() => toast("Saved"));
  act(() => vi.advanceTimersByTime(7000));
  act(() => hold(true));
  act(() => vi.advanceTimersByTime(60_000));
  expect(result.current.map((x) => x.text)).toEqual(["Saved"]);
  act(() => hold(false));
  act(() => vi.advanceTimersByTime(7999));
  expect(result.current).toHaveLength(1);
  act(() => vi.advanceTimersByTime(1));
  expect(result.current).toHaveLength(0);
});

it("offers to take back what was done", () => {
  const { result } = renderHook(() => useToasts());
  const undo = vi.fn();
  act(() => toastUndo("Closed", "Undo", undo));
  result.current[0]?.action?.run();
  expect(undo).toHaveBeenCalledOnce();
  act(() => dismiss(result.current[0]?.id ?? 0));
  expect(result.current).toHaveLength(0);
});
