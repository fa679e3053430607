//! Frames from the runner, as a plugin's end hears them. The runner is trusted, and its frames get more fields with time;
//! what is no frame ends the conversation, and everything that was said before counts.

use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::{Value, json};
use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_plugin_api::frames::{Answer, Ask, MAX_FRAME, ToHost, Wanted};
use windlass_plugin_api::peer::{Frames, Peer, Socket};

/// A frame is held as a line and parsed; of its values some become maps.
const BOUNDS: Bounds = Bounds { base: 8 << 20, each: 24 };
/// The number of the open question.
const OPEN: u64 = 7;

fn seeds() -> Vec<Seed> {
    let lines = |frames: &[Value]| Seed::Lines(frames.iter().map(Value::to_string).collect());
    let execution = json!({"id": "0", "project": "web", "job": "j", "step": "s"});
    let start = json!({"start": {
        "step": "greet", "config": {"name": "x", "n": 3}, "execution": execution, "region": null,
        "endpoints": {"sts": "http://127.0.0.1:1"}, "checkpoint": {"resume": "token"}, "scratch": "/tmp/x",
    }});
    let keys = json!({"accessKeyId": "AKIA", "secretAccessKey": "s", "sessionToken": null, "expiresAtMs": 1});
    let answer = |result: Value| json!({"answer": {"id": OPEN, "result": result}});
    vec![
        lines(&[
            start.clone(),
            json!({"alive": {"untilMs": 1}}),
            answer(json!({"Ok": "kept"})),
            json!({"cancel": {"graceMs": 10}}),
        ]),
        lines(&[start, answer(json!({"Ok": {"credentials": keys}})), json!({"alive": {"untilMs": 1}})]),
        lines(&[json!({"describe": {}}), answer(json!({"Err": {"code": "step.no-account", "message": "m"}}))]),
    ]
}

#[test]
fn frames_from_the_runner() {
    let seeds = seeds();
    let heard: Vec<Heard> = seeds.iter().map(|seed| hear(&seed.bytes())).collect();
    assert_eq!(heard.iter().map(|heard| heard.cancelled).collect::<Vec<_>>(), [true, false, false]);
    assert!(heard[0].answer.result.is_ok() && heard[1].answer.result.is_ok() && heard[2].answer.result.is_err());
    hold("frames_from_the_runner", BOUNDS, |case: &Case| case.apply(&seeds), |input| drop(hear(input)));
}

/// What came of an input.
struct Heard {
    cancelled: bool,
    answer: Answer,
}

fn hear(input: &[u8]) -> Heard {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let peer = Peer::new(Socket::new(OwnedFd::from(ours)), None);
    let asked = theirs.try_clone().unwrap();
    std::thread::scope(|scope| {
        let question = scope.spawn(|| peer.ask(Ask { id: OPEN, what: Wanted::Credentials }));
        read_line(asked);
        // It waits until somebody reads, or the peer is gone.
        let (mut sender, input_sent) = (theirs, input.to_vec());
        std::thread::spawn(move || drop(sender.write_all(&input_sent)));
        let started = peer.listen(peer.socket.frames().unwrap(), &mut |_| {});
        let expected = Expected::of(input);
        assert_eq!(started, expected.step.is_some());
        if started || expected.describe {
            let start = peer.wait_for_start();
            assert_eq!(start.map(|start| start.step), expected.step.filter(|_| !expected.describe));
        }
        if !expected.answered {
            // The process would end now, and with it whoever waits for an answer.
            peer.listen(
                one_frame(&format!("{{\"answer\":{{\"id\":{OPEN},\"result\":{{\"Ok\":\"kept\"}}}}}}\n")),
                &mut |_| {},
            );
        }
        let answer = question.join().unwrap();
        assert_eq!(answer.id, OPEN);
        let cancelled = peer.wait_cancelled(Duration::ZERO);
        assert_eq!(cancelled, expected.cancelled);
        Heard { cancelled, answer }
    })
}

/// What the frames say, by the rules at the head of `windlass_plugin_api::frames`.
#[derive(Default)]
struct Expected {
    step: Option<String>,
    describe: bool,
    cancelled: bool,
    answered: bool,
}

impl Expected {
    fn of(input: &[u8]) -> Self {
        let mut expected = Self::default();
        for line in input.split_inclusive(|byte| *byte == b'\n') {
            if !line.ends_with(b"\n") || line.len() > MAX_FRAME {
                break;
            }
            match serde_json::from_slice::<ToHost>(line) {
                Ok(ToHost::Start(start)) if expected.step.is_none() => expected.step = Some(start.step),
                Ok(ToHost::Describe(_)) if expected.step.is_none() => expected.describe = true,
                Ok(ToHost::Cancel(_)) => expected.cancelled = true,
                Ok(ToHost::Answer(answer)) => expected.answered |= answer.id == OPEN,
                Ok(ToHost::Alive(_)) => {}
                Ok(ToHost::Start(_) | ToHost::Describe(_) | ToHost::Hello(_)) | Err(_) => break,
            }
        }
        expected
    }
}

fn read_line(stream: UnixStream) {
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stream), &mut line).unwrap();
}

fn one_frame(text: &str) -> Frames {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(text.as_bytes()).unwrap();
    Socket::new(OwnedFd::from(ours)).frames().unwrap()
}
