use schemars::JsonSchema;
use serde::Deserialize;
use windlass_plugin_api::{Context, Endpoint, Network, Step, StepError, StepInfo};

use crate::attempt::{Attempt, Attempts};
use crate::{connection, packets, sockets, ways};

/// Which way to try.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Escape {
    /// Where the step may connect.
    #[serde(default)]
    #[expect(dead_code, reason = "it is for the runner, which reads it in the job")]
    granted: Vec<Endpoint>,
    /// What it tries.
    way: Way,
}

/// The same ways for a step that has sockets of its own: what shows that they lead out when nothing keeps them from it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Direct(Escape);

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Way {
    /// A socket of each family and type.
    Sockets,
    /// An address by sockets of one's own.
    Reach {
        /// `127.0.0.1:80`, or the path of a Unix socket.
        address: String,
    },
    /// Another address by a connection that was handed over.
    Repoint {
        /// Where the connection leads, `127.0.0.1:80`.
        from: String,
        /// Where it should lead.
        to: String,
    },
    /// A datagram socket by pairs of sockets.
    Pairs {
        /// The path of the datagram socket.
        path: String,
    },
    /// System calls past the filter.
    IoUring,
    /// A descriptor for the runner.
    PassDescriptor {
        /// Where it connects afterwards.
        at: Place,
    },
    /// A packet for the runner that is no request.
    Garbage {
        /// Its length.
        bytes: usize,
        /// Where it connects afterwards.
        at: Place,
    },
    /// Requests whose answers nobody reads.
    Flood {
        /// For connections to here.
        at: Place,
    },
    /// Connections until there are no more.
    Hold {
        /// To here.
        at: Place,
    },
    /// A connection from the runner.
    Connect {
        /// To here.
        at: Place,
    },
    /// A web page.
    Get {
        /// Its address.
        url: String,
    },
}

/// `host:port`, in any spelling.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
struct Place(String);

impl Step for Escape {
    const INFO: StepInfo = StepInfo {
        name: "escape",
        title: "Escape",
        description: "Tries one way out.",
        example: "way: {kind: sockets}\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Attempts;

    async fn run(self, context: Context) -> Result<Attempts, StepError> {
        self.way.go(&context, false).await
    }
}

impl Step for Direct {
    const INFO: StepInfo = StepInfo {
        name: "direct",
        title: "Escape with sockets",
        description: "Tries one way out with sockets of its own.",
        network: Network { direct: true, ..Network::NONE },
        example: "way: {kind: sockets}\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Attempts;

    async fn run(self, context: Context) -> Result<Attempts, StepError> {
        self.0.way.go(&context, true).await
    }
}

impl Way {
    async fn go(&self, context: &Context, direct: bool) -> Result<Attempts, StepError> {
        Ok(match self {
            Self::Sockets => sockets::all(),
            Self::Reach { address } => sockets::reach(address),
            Self::Repoint { from, to } => {
                let address = |text: &str| text.parse().map_err(|_| StepError::new("escape.address", text));
                return connection::repoint(context, address(from)?, address(to)?, direct).await;
            }
            Self::Pairs { path } => sockets::pairs(path),
            Self::IoUring => sockets::io_uring(),
            Self::PassDescriptor { at } => then(packets::pass_descriptor(), at.connect(context).await),
            Self::Garbage { bytes, at } => then(packets::garbage(*bytes), at.connect(context).await),
            Self::Flood { at } => packets::flood(at.parts().0, at.parts().1),
            Self::Hold { at } => ways::hold(context, at.parts().0, at.parts().1).await,
            Self::Connect { at } => Attempts::one("connect", at.connect(context).await),
            Self::Get { url } => Attempts::one("get", ways::get(context, url).await),
        })
    }
}

impl Place {
    /// Host without brackets, and port.
    fn parts(&self) -> (&str, u16) {
        let (host, port) = self.0.rsplit_once(':').unwrap_or((&self.0, ""));
        let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        (inside.unwrap_or(host), port.parse().unwrap_or_default())
    }

    async fn connect(&self, context: &Context) -> Attempt {
        let (host, port) = self.parts();
        ways::connect(context, host, port).await
    }
}

fn then(mut attempts: Attempts, after: Attempt) -> Attempts {
    attempts.add("connect afterwards", after);
    attempts
}
