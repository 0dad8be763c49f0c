import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { MantineProvider } from "@mantine/core";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { startLanguages } from "@/i18n";
import { CodeField } from "./CodeField";

beforeAll(startLanguages);
afterEach(cleanup);

const field = () => screen.getByRole<HTMLInputElement>("textbox");
const type = (value: string) => fireEvent.change(field(), { target: { value } });
const show = (props: Partial<Parameters<typeof CodeField>[0]>, onCode = vi.fn()) => {
  const element = (more: Partial<Parameters<typeof CodeField>[0]>) => (
    <MantineProvider>
      <CodeField digits={6} busy={false} wrong={false} attempt={0} onCode={onCode} {...more} />
    </MantineProvider>
  );
  const { rerender } = render(element(props));
  return { onCode, again: (more: Partial<Parameters<typeof CodeField>[0]>) => rerender(element(more)) };
};

it("has the focus and sends by itself when complete", () => {
  const { onCode } = show({});
  expect(document.activeElement).toBe(field());
  type("12345");
  expect(onCode).not.toHaveBeenCalled();
  type("123456");
  expect(onCode).toHaveBeenCalledExactlyOnceWith("123456");
});

it("takes a pasted code with spaces, and no more digits than there are", () => {
  const { onCode } = show({});
  type("Your code: 123 456 789");
  expect(onCode).toHaveBeenCalledExactlyOnceWith("123456");
});

it("waits for eight digits where codes have eight", () => {
  const { onCode } = show({ digits: 8 });
  type("123456");
  expect(onCode).not.toHaveBeenCalled();
});

it("sends nothing while a code is being checked", () => {
  const { onCode } = show({ busy: true });
  type("123456");
  expect(onCode).not.toHaveBeenCalled();
});

it("is empty and focused again after each wrong code", () => {
  const { again } = show({});
  type("111111");
  again({ wrong: true, attempt: 1 });
  expect(field().value).toBe("");
  expect(field().getAttribute("aria-invalid")).toBe("true");
  type("222222");
  again({ wrong: true, attempt: 2 });
  expect(field().value).toBe("");
});
