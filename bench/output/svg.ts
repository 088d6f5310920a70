/** A point of a picture, in its pixels. */
export interface Point {
  x: number;
  y: number;
}

export const size = { width: 880, height: 500 };
/** Room around the plot for the axes, and at the right for labels. */
export const plot = { left: 76, right: 630, top: 64, bottom: 416 };

/** Distinct also for people who do not tell red from green. */
export const colours = ['#0072b2', '#c2410c', '#00795a', '#a23b72', '#8a6100', '#4b5563', '#6d28d9'];
const ink = '#24292f';
const faint = '#d0d7de';

/** A whole picture. It brings its own background, so that it reads the same on light and dark pages. */
export function picture(title: string, subtitle: string, content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="${ink}">`,
    `<title>${escaped(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${size.width - 1}" height="${size.height - 1}" rx="8" fill="#ffffff" stroke="${faint}"/>`,
    `<text x="24" y="30" font-size="16" font-weight="600">${escaped(title)}</text>`,
    `<text x="24" y="49" fill="#57606a">${escaped(subtitle)}</text>`,
    ...content,
    '</svg>\n',
  ].join('\n');
}

export function text(
  at: Point,
  content: string,
  options: { anchor?: 'start' | 'middle' | 'end'; colour?: string } = {},
) {
  return `<text x="${digits(at.x)}" y="${digits(at.y)}" text-anchor="${options.anchor ?? 'start'}" fill="${options.colour ?? ink}">${escaped(content)}</text>`;
}

export function line(from: Point, to: Point, options: { colour?: string; isDashed?: boolean; width?: number } = {}) {
  const dash = options.isDashed ? ' stroke-dasharray="6 4"' : '';
  return `<line x1="${digits(from.x)}" y1="${digits(from.y)}" x2="${digits(to.x)}" y2="${digits(to.y)}" stroke="${options.colour ?? faint}" stroke-width="${options.width ?? 1}"${dash}/>`;
}

export function path(points: readonly Point[], colour: string): string {
  const steps = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${digits(x)} ${digits(y)}`).join(' ');
  return `<path d="${steps}" fill="none" stroke="${colour}" stroke-width="2.2" stroke-linejoin="round"/>`;
}

export function dot({ x, y }: Point, colour: string): string {
  return `<circle cx="${digits(x)}" cy="${digits(y)}" r="4.5" fill="${colour}"/>`;
}

/** Wide enough to be seen around a dot in the same place. */
export function ring({ x, y }: Point, colour: string): string {
  return `<circle cx="${digits(x)}" cy="${digits(y)}" r="8" fill="none" stroke="${colour}" stroke-width="2"/>`;
}

export function diamond({ x, y }: Point, colour: string): string {
  const corners = [`${digits(x)},${digits(y - 7)}`, `${digits(x + 7)},${digits(y)}`, `${digits(x)},${digits(y + 7)}`];
  return `<polygon points="${corners.join(' ')} ${digits(x - 7)},${digits(y)}" fill="${colour}"/>`;
}

/** The names of both axes. */
export function axisTitles(x: string, y: string): string[] {
  const middleY = (plot.top + plot.bottom) / 2;
  return [
    text({ x: (plot.left + plot.right) / 2, y: plot.bottom + 44 }, x, { anchor: 'middle' }),
    `<text x="22" y="${middleY}" text-anchor="middle" transform="rotate(-90 22 ${middleY})">${escaped(y)}</text>`,
  ];
}

/** Labels at the right of the plot, each as near to its height as the others leave room for. */
export function labelsAtRight(labels: readonly { y: number; content: string; colour: string }[]): string[] {
  const lineHeight = 16;
  let lowest = -Infinity;
  return [...labels]
    .sort((left, right) => left.y - right.y)
    .map(({ y, content, colour }) => {
      lowest = Math.max(y + 4, lowest + lineHeight);
      return text({ x: plot.right + 10, y: lowest }, content, { colour });
    });
}

function digits(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
