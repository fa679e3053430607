//! Random jobs: whatever is read has ids of its own, and nothing that is checked panics.

use std::collections::BTreeSet;
use std::path::Path;

use super::said;
use crate::Job;
use crate::testing::file;

/// A generator that is the same everywhere (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const EXPRESSIONS: [&str; 16] = [
    "options.o",
    "options[item]",
    "steps.a.outputs.path",
    "steps['b']",
    "steps.step3.outputs[0].a.path",
    "item",
    "index + 1",
    "error.code",
    "options.t",
    "steps[options.o][index]",
    "1 +",
    "'ä' ~ project",
    "x.y.z",
    "range(3)|map('upper')",
    "options.o * 3",
    "",
];

fn text(random: &mut Random) -> String {
    let expression = random.one(&EXPRESSIONS).to_owned();
    match random.below(4) {
        0 => "\"plain\"".to_owned(),
        1 => format!("\"a ${{{{ {expression} }}}} b\""),
        2 => "[1, {x: null}]".to_owned(),
        _ => format!("\"${{{{ {expression} }}}}\""),
    }
}

fn steps(random: &mut Random, depth: usize) -> String {
    let count = 1 + random.below(3);
    let steps: Vec<String> = (0..count).map(|_| step(random, depth)).collect();
    format!("[{}]", steps.join(", "))
}

fn step(random: &mut Random, depth: usize) -> String {
    let mut keys = Vec::new();
    match random.below(8) {
        0 => keys.push(format!("id: {}", random.one(&["a", "b", "c", "step2"]))),
        1 => keys.push(format!("id: x{}", random.0)),
        _ => {}
    }
    match if depth < 4 { random.below(6) } else { random.below(2) } {
        0 => {
            let fields = ["count", "name", "token", "way", "list", "script", "env", "nope"];
            let field = random.one(&fields);
            keys.push(format!("uses: demo/run, with: {{{field}: {}}}", text(random)));
        }
        1 => keys.push(format!("job: {{name: {}, options: {{o: {}}}}}", random.one(&["test", "p", "q"]), text(random))),
        2 | 3 => keys.push(format!("steps: {}", steps(random, depth + 1))),
        _ => keys.push(format!("parallel: {{limit: 2, steps: {}}}", steps(random, depth + 1))),
    }
    if random.below(4) == 0 {
        keys.push(format!("forEach: {{items: {}}}", random.one(&["[1, 2]", "\"${{ item }}\"", "{a: 1}"])));
    }
    if random.below(4) == 0 {
        keys.push(format!("if: \"${{{{ {} }}}}\"", random.one(&EXPRESSIONS)));
    }
    if depth < 4 && random.below(5) == 0 {
        keys.push(format!("onError: {}", steps(random, depth + 1)));
    }
    format!("{{{}}}", keys.join(", "))
}

#[test]
fn random_jobs_are_read_and_checked() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut read, mut told) = (0, 0);
    for _ in 0..300 {
        let lines = format!("options: [{{name: o}}, {{name: t, type: secret}}]\nsteps: {}\n", steps(&mut random, 1));
        let Ok(job) = Job::parse(Path::new("job.yaml"), file(&lines)) else { continue };
        read += 1;
        let ids: BTreeSet<&str> = job.all_steps().map(|step| step.id.as_str()).collect();
        assert_eq!(ids.len(), job.all_steps().count(), "{lines}");
        assert!(job.all_steps().all(|step| job.step(&step.id).is_some_and(|found| found.at == step.at)));
        told += usize::from(!said(&lines).is_empty());
    }
    assert!(read > 80 && told > 60, "{read} were read, and something was said of {told}");
}

/// Anything at all may be given as a job.
#[test]
fn damaged_jobs_are_refused_or_read() {
    let mut random = Random(42);
    let whole = file(crate::job::EVERYTHING);
    for _ in 0..150 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len().max(1));
            if bytes.is_empty() {
                break;
            }
            match random.below(4) {
                0 => bytes.truncate(at + 1),
                1 => bytes[at] = b" \n\t:-[]{}'\"$#&*!|>%@`\\\0,"[random.below(24)],
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b" :\n[{$}\"-"[random.below(9)]),
            }
        }
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(job) = Job::parse(Path::new("job.yaml"), text.clone())
        {
            let header = text.find("name: test\n").map(|at| at + "name: test\n".len());
            assert!(!job.steps.is_empty());
            header.map(|at| Job::parse(Path::new("job.yaml"), file(&text[at..])).map(|_| said(&text[at..])));
        }
    }
}
