import { MantineProvider } from "@mantine/core";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { startLanguages } from "@/i18n";
import { Loading } from "./Loading";

beforeAll(startLanguages);
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const said = () => screen.getByRole("status").textContent.trim();
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const shown = (key: string) => (
  <MantineProvider>
    <Loading key={key} />
  </MantineProvider>
);

it("says after 300 ms that one waits", async () => {
  render(shown("one"));
  await pass(250);
  expect(said()).toBe("");
  await pass(60);
  expect(said()).toBe("Loading…");
});

it("goes on where a wait before it was, so that the words come and stay", async () => {
  await pass(1000);
  const { rerender } = render(shown("the part of the program"));
  await pass(200);
  rerender(shown("what it asks for"));
  expect(said()).toBe("");
  await pass(110);
  expect(said()).toBe("Loading…");
  rerender(shown("what that needs"));
  expect(said()).toBe("Loading…");
});

it("begins anew once something else was shown", async () => {
  const { unmount } = render(shown("one"));
  await pass(500);
  unmount();
  await pass(500);
  render(shown("another"));
  expect(said()).toBe("");
});
