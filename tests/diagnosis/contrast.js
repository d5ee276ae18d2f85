// Texts that do not stand out from what is behind them (WCAG 2.2, 1.4.3: 4.5 to 1): each with its contrast.
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parsed = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    // From the outside in; in the picture, also the shapes that lie below the text.
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.unshift(parsed(getComputedStyle(each).backgroundColor));
    if (element.closest("svg")) {
      const box = element.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      for (const shape of element.closest("svg").querySelectorAll("rect")) {
        const area = shape.getBoundingClientRect();
        const inside = area.left <= x && x <= area.right && area.top <= y && y <= area.bottom;
        const before = shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
        if (inside && before) layers.push(parsed(getComputedStyle(shape).fill));
      }
    }
    return layers.reduce(
      (below, layer) => over(layer, below),
      parsed(getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "black" : "white"),
    );
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || element.closest("script, title, noscript, .unseen, .skip, [hidden]")) continue;
    if (!element.checkVisibility() || !element.getBoundingClientRect().width) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const [one, other] = [light(over(parsed(element.closest("svg") ? style.fill : style.color), ground)), light(ground)];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    seen += 1;
    if (contrast < 4.5)
      poor.push(`${contrast.toFixed(2)} ${element.tagName}.${element.getAttribute("class")} ${text.slice(0, 40)}`);
  }
  return { seen, poor: [...new Set(poor)] };
};
