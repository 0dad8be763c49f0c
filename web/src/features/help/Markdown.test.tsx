import { render } from "@testing-library/react";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { expect, it } from "vitest";
import { Markdown } from "./Markdown";

it("makes elements of marks, and text of HTML", async () => {
  const text = "# One & *two*\n\n<script>alert(1)</script>\n\n- `a < b` [in](#one--two) [out](https://example.com/) [js](javascript:alert(1)) [file](../LICENSE)\n\n| a |\n| --- |\n| **b** |\n";
  const route = createRootRoute({ component: () => <Markdown text={text} guide="client" /> });
  const { container, findByRole } = render(<RouterProvider router={createRouter({ routeTree: route, history: createMemoryHistory() }) as never} />);
  expect((await findByRole("heading", { level: 1 })).textContent).toBe("One & two");
  expect(container.querySelector("script")).toBeNull();
  expect(container.textContent).toContain("<script>alert(1)</script>");
  expect(container.querySelector("code")?.textContent).toBe("a < b");
  expect([...container.querySelectorAll("a")].map((a) => a.getAttribute("href"))).toEqual(["/help/client#one--two", "https://example.com/"]);
  expect(container.querySelector("td strong")?.textContent).toBe("b");
});
