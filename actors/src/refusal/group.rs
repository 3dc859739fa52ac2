//! Every "no" about groups and the messages in them, as data.

use std::time::Duration;

/// Why something was not done in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupRefusal {
    #[error("there is no such group")]
    Unknown,
    #[error("the group is not active")]
    Inactive,
    #[error("only members of the group may")]
    NotAMember,
    #[error("only its author may change a message")]
    NotTheAuthor,
    #[error("only texts that stand can be changed")]
    NotAText,
    #[error("only its author, an admin or a moderator may delete a message")]
    MayNotDelete,
    #[error("only its sender may recall a message")]
    NotTheSender,
    #[error("a message can be recalled for {} seconds", within.as_secs())]
    TooLate { within: Duration },
    #[error("a message that was read cannot be recalled")]
    ReadAlready,
    #[error("the message that is answered is unknown")]
    UnknownReply,
    #[error("the message that is answered is in another room")]
    ReplyElsewhere,
    #[error("the message that is answered was deleted")]
    ReplyDeleted,
}

impl GroupRefusal {
    /// The stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_group",
            Self::Inactive => "group_inactive",
            Self::NotAMember => "not_a_member",
            Self::NotTheAuthor => "not_the_author",
            Self::NotAText => "not_a_text",
            Self::MayNotDelete => "may_not_delete",
            Self::NotTheSender => "not_the_sender",
            Self::TooLate { .. } => "too_late_to_recall",
            Self::ReadAlready => "read_already",
            Self::UnknownReply => "unknown_reply",
            Self::ReplyElsewhere => "reply_elsewhere",
            Self::ReplyDeleted => "reply_deleted",
        }
    }
}
