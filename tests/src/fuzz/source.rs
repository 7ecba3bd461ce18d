//! Random choices, and odd texts and bytes made of them.

use agent_tests::Random;

/// Texts that some decoder may not expect.
const ODD_TEXTS: &[&str] = &[
    "",
    " ",
    "null",
    "true",
    "-0",
    "1e999",
    "-1e-999",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "4294967296",
    "{}",
    "[]",
    "[[[[[[[[",
    "{\"a\":",
    "\"",
    "\"\\ud800\"",
    "\"text\"",
    "@",
    "@@",
    "@@@",
    "@counter@k",
    "@Counter@",
    "@ΣΑΣ@k",
    "/",
    "a/b",
    "%2F",
    "%",
    "%zz",
    "a b",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{feff}",
    "\u{202e}abc",
    "\u{fffd}",
    "\u{10ffff}",
    "İstanbul",
    "ẞ",
    "🦀🦀🦀",
    "a\u{301}\u{302}\u{303}",
    "\r\n",
    "0001-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "2026-13-45T99:99:99Z",
    "2026-02-29T00:00:00Z",
    "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59.9999999-23:59",
    "0000-01-01T00:00:00+23:59",
    "-0001-01-01T00:00:00Z",
    "+10000-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "2026-01-01T00:00:00+99:99",
    "P1D",
    "1.2.3.4",
    "1.99999999999999999999",
    "00000000-0000-0000-0000-000000000000",
    "../../etc/passwd",
    "op",
    "op@",
    "op@9999-12-31T23:59:59.9999999Z",
    "release",
    "ExecutionStarted",
];

/// Numbers at the edges of types.
const ODD_NUMBERS: &[u64] = &[
    0,
    1,
    2,
    127,
    128,
    255,
    256,
    65_535,
    999_999_999,
    1_000_000_000,
    2_147_483_647,
    2_147_483_648,
    4_294_967_295,
    4_294_967_296,
    253_402_300_799,
    253_402_300_800,
    9_223_372_036_854_775_807,
    9_223_372_036_854_775_808,
    // -62_135_596_801 and -377_705_116_801: the seconds before the years 1 and -9999.
    18_446_744_011_573_954_815,
    18_446_743_696_004_434_815,
    18_446_744_071_562_067_968,
    18_446_744_073_709_551_615,
];

/// The choices of one seed: the same ones for the same target and seed on every machine.
pub struct Source {
    random: Random,
}

impl Source {
    /// The choices of a target for a seed.
    pub fn new(target: &str, seed: u64) -> Self {
        let start = target.bytes().fold(seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self {
            random: Random::new(start),
        }
    }

    /// A source of its own, for another task: its choices do not depend on who comes first.
    pub fn split(&mut self) -> Self {
        Self {
            random: Random::new(self.bits()),
        }
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.random.bits()
    }

    /// From 0 to `end - 1`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random.between(0, end as u64)).unwrap_or(0)
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of several; there has to be one.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A byte, often one at an edge.
    pub fn byte(&mut self) -> u8 {
        if self.one_in(2) {
            *self.pick(&[0, 1, 0x0a, 0x7f, 0x80, 0xff, b'"', b'{', b'[', b'\\', b'%'])
        } else {
            self.bits().to_le_bytes()[0]
        }
    }

    /// A number, mostly one at an edge.
    pub fn number(&mut self) -> u64 {
        if self.one_in(4) {
            self.bits() >> self.below(64)
        } else {
            *self.pick(ODD_NUMBERS)
        }
    }

    /// A text that somebody may not expect.
    pub fn text(&mut self) -> String {
        match self.below(8) {
            0 => "x".repeat(*self.pick(&[255, 256, 257, 4_096, 40_000])),
            1 => "é".repeat(*self.pick(&[127, 128, 129, 257])),
            2 => self.number().cast_signed().to_string(),
            3 => {
                let depth = *self.pick(&[64, 127, 128, 1_000]);
                let (open, close) = *self.pick(&[("[", "]"), ("{\"a\":", "}")]);
                format!("{}1{}", open.repeat(depth), close.repeat(depth))
            }
            _ => (*self.pick(ODD_TEXTS)).to_owned(),
        }
    }

    /// The text, a little changed.
    pub fn changed_text(&mut self, text: &str) -> String {
        if self.one_in(3) {
            return self.text();
        }
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(chars.len() + 1);
            match self.below(5) {
                0 if at < chars.len() => {
                    chars.remove(at);
                }
                1 => chars.truncate(at),
                2 if at < chars.len() => {
                    let code = u32::from(chars[at]) ^ (1 << self.below(7));
                    chars[at] = char::from_u32(code).unwrap_or('\u{fffd}');
                }
                3 => {
                    let odd: Vec<char> = self.text().chars().take(40).collect();
                    chars.splice(at..at, odd);
                }
                _ => chars.insert(at, char::from(self.byte())),
            }
        }
        chars.into_iter().collect()
    }

    /// The bytes, a little changed: bits, bytes, lengths, parts of another sample.
    pub fn changed_bytes(&mut self, bytes: &[u8], other: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(changed.len() + 1);
            let until = at + self.below((changed.len() - at).min(64) + 1);
            match self.below(8) {
                0 | 1 if at < changed.len() => changed[at] ^= 1 << self.below(8),
                2 if at < changed.len() => changed[at] = self.byte(),
                3 => drop(changed.drain(at..until)),
                4 => {
                    let again = changed[at..until].to_vec();
                    changed.splice(at..at, again);
                }
                5 => changed.truncate(at),
                6 => {
                    let begin = self.below(other.len() + 1);
                    let end = begin + self.below(other.len() - begin + 1);
                    changed.splice(at..until, other[begin..end].iter().copied());
                }
                // A number that goes on for too long, or is too large for a length.
                7 => {
                    let mut varint = vec![0xff; self.below(11)];
                    varint.push(self.byte());
                    changed.splice(at..until, varint);
                }
                _ => changed.insert(at, self.byte()),
            }
        }
        changed
    }
}
