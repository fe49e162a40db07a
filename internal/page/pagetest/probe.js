// What is wrong with a page as it is shown now, as texts. parts are ids that must be seen.
(parts) => {
  const wrong = [], root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} wide in a window of ${innerWidth}`);
  for (const part of parts) {
    const element = document.getElementById(part);
    const box = element?.getBoundingClientRect();
    if (!box || box.width < 100 || box.height < 40 || getComputedStyle(element).visibility !== "visible") wrong.push(`part ${part} is not seen`);
  }
  const name = (e) => `${e.tagName.toLowerCase()} ${JSON.stringify((e.textContent || "").trim().slice(0, 40))}`;
  const channels = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  // Relative luminance and contrast: W3C, Web Content Accessibility Guidelines 2.2.
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const colour = channels(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  for (const e of document.querySelectorAll("main *")) {
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const scrolled = e.closest(".scroll");
    if (!scrolled && !e.closest("svg") && (box.right > innerWidth + 1 || box.left < -1)) wrong.push(`${name(e)} reaches out of the window`);
    const section = e.closest("section");
    if (section && !scrolled && box.right > section.getBoundingClientRect().right + 1) wrong.push(`${name(e)} reaches out of its part`);
    const written = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
    if (!written || e.closest("title")) continue;
    if (e.clientWidth && e.scrollWidth > e.clientWidth + 1 && !e.closest("svg")) wrong.push(`${name(e)} is wider than its box`);
    const style = getComputedStyle(e);
    const [text, ground] = [luminance(channels(e.closest("svg") ? style.fill : style.color)), luminance(behind(e))];
    const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (contrast < 4.5) wrong.push(`${name(e)} has a contrast of ${contrast.toFixed(1)}`);
  }
  for (const table of document.querySelectorAll(".scroll")) {
    if (innerWidth > 1200 && table.scrollWidth > table.clientWidth) wrong.push(`${name(table)} must be scrolled on a desk`);
  }
  for (const svg of document.querySelectorAll("main svg")) {
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.right > frame.right + 2 || box.left < frame.left - 2 || box.bottom > frame.bottom + 2 || box.top < frame.top - 2) wrong.push(`${name(text)} reaches out of the figure ${svg.getAttribute("aria-label")}`);
    }
  }
  return [...new Set(wrong)].slice(0, 20);
}
