use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr};
use uuid::Uuid;

/// A statement with its arguments, for either database.
pub(crate) struct Statement {
    text: SqlStr,
    arguments: Vec<Argument>,
}

/// An argument. PostgreSQL wants to know the type of an absent one too.
pub(crate) enum Argument {
    Text(Option<String>),
    Long(Option<i64>),
    Int(Option<i32>),
    Bytes(Option<Vec<u8>>),
    Uuid(Option<Uuid>),
    Bool(Option<bool>),
}

/// A statement whose first argument is `$1`. A limit is written `LIMIT $1 + 0`: for a bare argument SQLite plans the
/// statement again each time.
#[cfg_attr(test, track_caller)]
pub(crate) fn sql(text: &'static str) -> Statement {
    #[cfg(test)]
    super::tests::seen(text);
    Statement { text: text.into_sql_str(), arguments: Vec::new() }
}

impl Statement {
    /// A statement put together from texts of ours. Values belong into arguments.
    #[cfg_attr(test, track_caller)]
    pub(crate) fn assembled(text: String) -> Self {
        #[cfg(test)]
        super::tests::seen(&text);
        Self { text: AssertSqlSafe(text).into_sql_str(), arguments: Vec::new() }
    }

    /// Gives the next argument, a text as [`storable`] has it.
    pub(crate) fn bind(mut self, value: impl Into<Argument>) -> Self {
        self.arguments.push(match value.into() {
            Argument::Text(Some(text)) => Argument::Text(Some(storable(text))),
            other => other,
        });
        self
    }

    pub(super) fn text(&self) -> &str {
        self.text.as_str()
    }

    pub(super) fn arguments(&self) -> &[Argument] {
        &self.arguments
    }

    pub(super) fn postgres(self) -> Query<'static, Postgres, PgArguments> {
        self.arguments.into_iter().fold(sqlx::query(self.text), |query, argument| match argument {
            Argument::Text(value) => query.bind(value),
            Argument::Long(value) => query.bind(value),
            Argument::Int(value) => query.bind(value),
            Argument::Bytes(value) => query.bind(value),
            Argument::Uuid(value) => query.bind(value),
            Argument::Bool(value) => query.bind(value),
        })
    }
}

/// A text as both databases keep it: PostgreSQL takes no zero bytes, so each becomes U+FFFD. JSON has them as escapes, which stay.
pub(super) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// Which Rust types make which argument, present or not.
macro_rules! arguments {
    ($($type:ty => $argument:ident,)*) => {$(
        impl From<$type> for Argument {
            fn from(value: $type) -> Self {
                Self::$argument(Some(value.into()))
            }
        }

        impl From<Option<$type>> for Argument {
            fn from(value: Option<$type>) -> Self {
                Self::$argument(value.map(Into::into))
            }
        }
    )*};
}

arguments! {
    String => Text,
    &str => Text,
    &String => Text,
    i64 => Long,
    i32 => Int,
    Vec<u8> => Bytes,
    Uuid => Uuid,
    bool => Bool,
}

impl From<&Option<String>> for Argument {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}
