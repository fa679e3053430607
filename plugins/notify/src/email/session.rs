use lettre::Address;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use windlass_plugin_api::broker::RefusalKind;
use windlass_plugin_api::{ConnectError, Context, StepError, TlsError};

use super::authentication::{Account, Mechanism};
use super::dialogue::Dialogue;
use super::failure::{Stage, broken, refused, unanswered};
use super::message::Mail;
use super::recipients::Recipients;
use super::reply::Reply;
use super::{Email, Security};

/// What a server has said to a message.
pub(super) struct Delivered {
    pub(super) recipients: Recipients,
    pub(super) answer: String,
}

/// Hands a message to the server.
///
/// # Errors
/// When nobody gets it.
pub(super) async fn deliver(
    email: &Email,
    mail: &Mail,
    account: Option<Account<'_>>,
    context: &Context,
) -> Result<Delivered, StepError> {
    let host = email.server.host();
    let stream = context.connect(host, email.server.port()).await.map_err(unconnected)?;
    let me = stream.local_addr().map_or_else(|_| "[127.0.0.1]".to_owned(), |address| literal(address.ip()));
    let greeted = Session { host, me, mail, account };
    match email.security {
        Security::None => greeted.hand_over(Dialogue::over(stream), true).await,
        Security::Tls => {
            let stream = context.secure(stream, host).await.map_err(|error| unsecured(&error))?;
            greeted.hand_over(Dialogue::over(stream), true).await
        }
        Security::Starttls => {
            let stream = greeted.start_tls(stream).await?;
            let stream = context.secure(stream, host).await.map_err(|error| unsecured(&error))?;
            greeted.hand_over(Dialogue::over(stream), false).await
        }
    }
}

struct Session<'a> {
    host: &'a str,
    /// What the client calls itself: an address literal, since it need not have a name that others know.
    me: String,
    mail: &'a Mail,
    account: Option<Account<'a>>,
}

impl Session<'_> {
    /// Everything up to where TLS begins (RFC 3207).
    async fn start_tls(&self, stream: TcpStream) -> Result<TcpStream, StepError> {
        let mut dialogue = Dialogue::over(stream);
        self.greeting(&mut dialogue).await?;
        let hello = self.hello(&mut dialogue).await?;
        if !offers(&hello, "STARTTLS") {
            let message = format!("`{}` does not offer `STARTTLS`; nothing was sent", self.host);
            let help = "use `security: tls` with the port that the server has for it; `none` sends everything in clear";
            return Err(StepError::new("notify.insecure", message).with_help(help));
        }
        self.positive(Stage::Starttls, dialogue.say("STARTTLS").await)?;
        dialogue.into_stream().map_err(|error| broken(&error, self.host))
    }

    async fn hand_over<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut dialogue: Dialogue<S>,
        greets: bool,
    ) -> Result<Delivered, StepError> {
        if greets {
            self.greeting(&mut dialogue).await?;
        }
        let hello = self.hello(&mut dialogue).await?;
        self.authenticate(&hello, &mut dialogue).await?;
        let options = self.options(&hello)?;
        let from = format!("MAIL FROM:<{}>{options}", self.mail.sender);
        self.positive(Stage::Sender, dialogue.say(&from).await)?;
        let recipients = self.recipients(&mut dialogue).await?;
        if recipients.taken() == 0 {
            recipients.refused(self.host)?;
        }
        let begins = self.positive(Stage::Message, dialogue.say("DATA").await)?;
        if begins.code != 354 {
            return Err(refused(Stage::Message, &begins, self.host));
        }
        let answer = dialogue.message(&self.mail.bytes).await.map_err(|error| unanswered(&error, self.host))?;
        let answer = self.positive(Stage::Message, Ok(answer))?.said();
        // The message is the server's by now, whatever becomes of the farewell.
        let _ = dialogue.say("QUIT").await;
        Ok(Delivered { recipients, answer })
    }

    async fn greeting<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        dialogue: &mut Dialogue<S>,
    ) -> Result<Reply, StepError> {
        self.positive(Stage::Greeting, dialogue.listen().await)
    }

    async fn hello<S: AsyncRead + AsyncWrite + Unpin>(&self, dialogue: &mut Dialogue<S>) -> Result<Reply, StepError> {
        self.positive(Stage::Hello, dialogue.say(&format!("EHLO {}", self.me)).await)
    }

    async fn authenticate<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        hello: &Reply,
        dialogue: &mut Dialogue<S>,
    ) -> Result<(), StepError> {
        let Some(account) = self.account else { return Ok(()) };
        let Some(mechanism) = Mechanism::of(hello) else {
            let message = format!("`{}` offers neither `AUTH PLAIN` nor `AUTH LOGIN`", self.host);
            return Err(StepError::new("notify.refused", message).with_help("check `server`, and its port"));
        };
        let reply = account.authenticate(mechanism, dialogue).await;
        match self.positive(Stage::Authentication, reply)? {
            reply if reply.code == 235 => Ok(()),
            reply => Err(refused(Stage::Authentication, &reply, self.host)),
        }
    }

    /// What is added to `MAIL FROM`.
    fn options(&self, hello: &Reply) -> Result<&'static str, StepError> {
        if !self.mail.is_international() {
            return Ok("");
        }
        if offers(hello, "SMTPUTF8") {
            return Ok(" BODY=8BITMIME SMTPUTF8");
        }
        let message = format!("`{}` takes no addresses with letters beyond ASCII (no `SMTPUTF8`)", self.host);
        Err(StepError::new("notify.refused", message)
            .with_help("write the domain in its `xn--` form, or use another server"))
    }

    async fn recipients<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        dialogue: &mut Dialogue<S>,
    ) -> Result<Recipients, StepError> {
        let mut recipients = Recipients::default();
        for recipient in self.mail.recipients.iter().map(Address::to_string) {
            let reply = dialogue.say(&format!("RCPT TO:<{recipient}>")).await;
            recipients.add(recipient, reply.map_err(|error| broken(&error, self.host))?);
        }
        Ok(recipients)
    }

    fn positive(&self, stage: Stage, reply: std::io::Result<Reply>) -> Result<Reply, StepError> {
        let reply = reply.map_err(|error| broken(&error, self.host))?;
        if reply.is_positive() { Ok(reply) } else { Err(refused(stage, &reply, self.host)) }
    }
}

/// Whether an answer to `EHLO` names an extension.
fn offers(hello: &Reply, extension: &str) -> bool {
    let words = hello.lines.iter().skip(1).filter_map(|line| line.split(' ').next());
    words.into_iter().any(|word| word.eq_ignore_ascii_case(extension))
}

/// RFC 5321, section 4.1.3
fn literal(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(address) => format!("[{address}]"),
        std::net::IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

fn unconnected(error: ConnectError) -> StepError {
    match error.kind {
        RefusalKind::Denied => error.into(),
        _ => StepError::new("notify.unreachable", error.message).with_help("check `server`, the network and proxies"),
    }
}

fn unsecured(error: &TlsError) -> StepError {
    let message = error.to_string();
    match error {
        TlsError::Untrusted { .. } => StepError::new("notify.untrusted", message),
        TlsError::Broken { .. } => StepError::new("notify.unreachable", message).with_help(
            "`security: tls` is for a port that speaks TLS from the first byte, such as 465; 587 has `starttls`",
        ),
    }
}
