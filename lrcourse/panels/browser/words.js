// Numbers and sentences, in the words of plotting/picture.py.

// As a reader would write it: 1e-6, not 1e-06.
function short(number, digits = 3) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (number === 0) return "0";
  const [mantissa, exponent] = rounded(number, digits).split("e");
  if (exponent < -4 || exponent >= digits) return `${Number(mantissa)}e${Number(exponent)}`;
  return String(Number(`${mantissa}e${exponent}`));
}

// In so many digits. What lies in the middle between two ends in an even digit, as in Python; here it would go up.
function rounded(number, digits) {
  const up = number.toExponential(digits - 1), exact = number.toExponential(40);
  const kept = exact.indexOf(".") + digits, [, rest] = /^(\d*)e/.exec(exact.slice(kept));
  const middle = /^50*$/.test(rest), odd = "13579".includes(up.split("e")[0].at(-1));
  return middle && odd ? exact.slice(0, kept) + exact.slice(kept + rest.length) : up;
}

// Put texts in the places of a sentence: fill("loss {loss}", {loss: "2"}).
function fill(sentence, texts) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => texts[name]);
}

function decode(packed, Type) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  return new Type(bytes.buffer);
}

function nearest(values, wanted) {
  let best = 0;
  values.forEach((value, k) => {
    if (Math.abs(value - wanted) < Math.abs(values[best] - wanted)) best = k;
  });
  return best;
}
