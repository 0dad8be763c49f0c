import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { MantineProvider, TextInput } from "@mantine/core";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { ApiError } from "@/api/problem";
import { startLanguages } from "@/i18n";
import { FormBody, type Review } from "./FormBody";

beforeAll(startLanguages);
afterEach(cleanup);

interface Values extends Record<string, unknown> {
  name: string;
  right: string;
}

const button = (name: string) => screen.getByRole("button", { name });
const fill = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });

function show(review: Review<Values>, onSave = vi.fn<(values: Values) => Promise<void>>(async () => undefined)) {
  const onDone = vi.fn();
  render(
    <MantineProvider>
      <FormBody<Values> initial={{ name: "a", right: "b" }} review={review} onSave={onSave} onDone={onDone} onDirty={() => undefined}>
        {(form) => (
          <>
            <TextInput label="Name" {...form.getInputProps("name")} />
            <TextInput label="Right" {...form.getInputProps("right")} />
          </>
        )}
      </FormBody>
    </MantineProvider>,
  );
  return { onSave, onDone };
}

const ofRights: Review<Values> = { when: ({ right }) => right !== undefined, show: ({ right }) => <p>{`gives ${right}`}</p> };

it("saves at once what needs no look", async () => {
  const { onSave, onDone } = show(ofRights);
  fill("Name", "x");
  fireEvent.click(button("Save"));
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(onSave.mock.calls[0]?.[0]).toEqual({ name: "x", right: "b" });
});

it("shows what a change does before it is saved, and lets one go back", async () => {
  const { onSave, onDone } = show(ofRights);
  fill("Right", "y");
  fireEvent.click(button("See what changes"));
  await screen.findByText("gives y");
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: "What this changes" }));
  expect(screen.queryByRole("textbox")).toBeNull();
  fireEvent.click(button("Back"));
  fill("Right", "z");
  fireEvent.click(button("See what changes"));
  await screen.findByText("gives z");
  expect(onSave).not.toHaveBeenCalled();
  fireEvent.click(button("Save"));
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(onSave.mock.calls[0]?.[0].right).toBe("z");
});

it("goes back to the fields when saving finds fault with one", async () => {
  show(ofRights, vi.fn(async () => { throw new ApiError({ title: "No", status: 422, errors: [{ pointer: "/right", message: "Not this one." }] }); }));
  fill("Right", "y");
  fireEvent.click(button("See what changes"));
  fireEvent.click(await screen.findByRole("button", { name: "Save" }));
  expect((await screen.findAllByText(/Not this one\./)).length).toBeGreaterThan(0);
  expect(screen.getByRole("textbox", { name: "Right" })).toBeTruthy();
  expect(screen.queryByText("gives y")).toBeNull();
});

it("shows nothing of what is not fit to be saved", async () => {
  const { onSave } = show({ when: () => true, show: () => { throw new ApiError({ title: "No", status: 422, errors: [{ pointer: "/right", message: "Choose one." }] }); } });
  fill("Right", "y");
  fireEvent.click(button("See what changes"));
  expect((await screen.findAllByText(/Choose one\./)).length).toBeGreaterThan(0);
  expect(screen.queryByText("What this changes")).toBeNull();
  expect(onSave).not.toHaveBeenCalled();
});
