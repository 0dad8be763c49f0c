// Two ways to work a page: with the mouse, and with nothing but the keyboard.

/** Clicks and types as somebody with a mouse does. */
export const mouse = {
  name: "mouse",
  press: (page, locator) => locator.click(),
  async type(page, locator, text) {
    await locator.click();
    await locator.pressSequentially(text);
  },
  async choose(page, box, text) {
    await box.click();
    await box.fill("");
    await box.pressSequentially(text);
    await page.getByRole("option", { name: text }).first().click();
  },
};

/** Goes everywhere by Tab, presses by Enter or Space, and never touches a pointer. */
export const keyboard = {
  name: "keyboard",
  async press(page, locator) {
    await reach(page, locator);
    await page.keyboard.press("Enter");
  },
  async type(page, locator, text) {
    await reach(page, locator);
    await page.keyboard.type(text);
  },
  async choose(page, box, text) {
    await reach(page, box);
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type(text);
    const option = page.getByRole("option", { name: text }).first();
    await option.waitFor();
    for (let i = 0; (await option.getAttribute("data-combobox-selected")) === null; i++) {
      if (i === 30) {
        throw new Error(`the arrow keys do not lead to the option ${text}`);
      }
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
  },
};

/** Presses Tab until the focus is where it should be, going round the page once. */
async function reach(page, locator) {
  await locator.waitFor();
  const target = await locator.elementHandle();
  for (let i = 0; i < 200; i++) {
    if (await target.evaluate((e) => e === document.activeElement)) {
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`200 times Tab does not lead to ${locator}`);
}
