//! Every "no" about documents, as data.

/// Why a document was not opened, or a change not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefusal {
    /// Also where there is no such document: who may not open it is not told.
    #[error("this token does not open the document")]
    NotYours,
    #[error("this token may read the document and not write to it")]
    ReadOnly,
    #[error("this is no change of a document")]
    Unreadable,
    #[error("the change has more than {limit} bytes")]
    ChangeTooBig { limit: usize },
    #[error("the document has no room for more than {limit} bytes")]
    Full { limit: usize },
    #[error("too many are in the document")]
    TooManyMembers,
    #[error("too many documents are open")]
    TooManyOpen,
}

impl DocumentRefusal {
    /// The stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotYours => "not_your_document",
            Self::ReadOnly => "read_only",
            Self::Unreadable => "unreadable_change",
            Self::ChangeTooBig { .. } => "change_too_big",
            Self::Full { .. } => "document_full",
            Self::TooManyMembers => "too_many_members",
            Self::TooManyOpen => "too_many_documents",
        }
    }

    /// May the same request succeed a little later?
    pub fn retry(self) -> bool {
        matches!(self, Self::TooManyMembers | Self::TooManyOpen)
    }
}
