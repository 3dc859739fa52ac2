// Numbers as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const three = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const NOTHING = "–";

export const count = (value) => (value === null ? NOTHING : value < 10_000 ? whole.format(value) : short.format(value));

export function rate(value) {
  if (value === null) return NOTHING;
  if (value >= 10_000) return short.format(value);
  return value >= 10 ? whole.format(value) : value.toFixed(value === 0 ? 0 : 1);
}

/** Milliseconds, with their unit. */
export function time(ms) {
  if (ms === null) return [NOTHING, ""];
  return ms >= 1000 ? [three.format(ms / 1000), "s"] : [three.format(ms), "ms"];
}

export function bytes(value) {
  if (value === null || value === undefined) return [NOTHING, ""];
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return [three.format(value / 1024 ** step), units[step]];
}

/** Seconds as the two units that matter. */
export function span(seconds) {
  const units = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first === -1) return "0 s";
  let left = Math.floor(seconds);
  return units.slice(first, first + 2).map(([name, size]) => {
    const many = Math.floor(left / size);
    left %= size;
    return `${many} ${name}`;
  }).join(" ");
}

export const clock = (at) => new Date(at).toLocaleTimeString("en-GB");
