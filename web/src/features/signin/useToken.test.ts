import { expect, it } from "vitest";
import { renderHook } from "@testing-library/react";
import { useToken } from "./useToken";

it("takes the token out of the address at once", () => {
  history.replaceState(null, "", "/sign-in?next=%2Fverify#token=abc-123");
  const { result } = renderHook(() => useToken());
  expect(result.current).toBe("abc-123");
  expect(location.hash).toBe("");
  expect(location.search).toBe("?next=%2Fverify");
});

it("does not hand the token of one page to another", () => {
  history.replaceState(null, "", "/join#token=invited");
  expect(renderHook(() => useToken()).result.current).toBe("invited");
  history.replaceState(null, "", "/sign-in");
  expect(renderHook(() => useToken()).result.current).toBeNull();
});
