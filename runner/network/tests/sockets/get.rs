use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use windlass_network::{Answer, Destination, Get, GetError, Network};

/// What comes of a GET from a server that is this, when it may take this long.
async fn got(time: Duration, serve: fn(TcpStream)) -> Result<Answer, GetError> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || serve(listener.accept().unwrap().0));
    let network = Network::new(None, Vec::new(), vec![Destination::parse(&address.to_string()).unwrap()]);
    network.get(&Get { url: &format!("http://{address}/a?b#c"), authorities: None, time, longest: 10 }).await
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

fn silent(mut connection: TcpStream) {
    let _ = connection.read_to_end(&mut Vec::new());
}

#[tokio::test]
async fn an_answer_is_an_answer_whatever_it_is() {
    let answer = got(LONG, |mut connection| {
        let mut asked = [0; 14];
        connection.read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"GET /a?b HTTP/");
        connection.write_all(b"HTTP/1.1 301 Gone\r\nlocation: /x\r\ncontent-length: 10\r\n\r\n0123456789").unwrap();
        silent(connection);
    });
    let answer = answer.await.unwrap();
    let Answer { status, location, body } = answer;
    assert_eq!((status, location.as_deref(), body.as_slice()), (301, Some("/x"), b"0123456789".as_slice()));
}

#[tokio::test]
async fn a_body_may_be_so_long_and_no_longer() {
    let long = got(LONG, |mut connection| {
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n0123456789a").unwrap();
        silent(connection);
    });
    assert!(matches!(long.await, Err(GetError::TooLong(10))));
}

/// None of these servers ever ends its answer, so however short the time is, nothing else can happen.
#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    for serve in [silent, half, trickling] {
        assert!(matches!(got(SHORT, serve).await, Err(GetError::TimedOut(SHORT))));
    }
}

fn half(mut connection: TcpStream) {
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n0").unwrap();
    silent(connection);
}

/// Answers that come before the answer, without end.
fn trickling(mut connection: TcpStream) {
    while connection.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").is_ok() {}
}

#[tokio::test]
async fn what_is_no_address_of_the_web_is_refused() {
    let network = Network::new(None, Vec::new(), Vec::new());
    for url in ["ftp://example.com/", "https://me:hush@example.com/", "https://example.com:0/", "https://ex ample.com/"]
    {
        let get = Get { url, authorities: None, time: LONG, longest: 10 };
        let refused = network.get(&get).await.unwrap_err();
        assert!(matches!(refused, GetError::Destination(_)), "{url}: {refused}");
        assert!(!format!("{refused} {refused:?}").contains("hush"));
    }
}
