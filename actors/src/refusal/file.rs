//! Every "no" about files, as data.

/// Why a file was not taken or not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    /// Also where there is one that the asker may not see.
    #[error("there is no such file or upload")]
    Unknown,
    #[error("only who is in the room may send files there")]
    NotYourRoom,
    #[error("the file is empty")]
    Empty,
    #[error("the file has more than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the quota has {left} bytes left")]
    OverQuota { left: u64 },
    #[error("too many uploads of this user are under way")]
    TooManyUploads,
    /// What was sent does not go on where the upload stands.
    #[error("the upload stands at {offset}")]
    OtherOffset { offset: u64 },
    /// Somebody else is writing to the upload.
    #[error("the upload is being written to")]
    InUse,
}

impl FileRefusal {
    /// The stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_file",
            Self::NotYourRoom => "not_your_room",
            Self::Empty => "empty_file",
            Self::TooLarge { .. } => "file_too_large",
            Self::OverQuota { .. } => "quota_exceeded",
            Self::TooManyUploads => "too_many_uploads",
            Self::OtherOffset { .. } => "other_offset",
            Self::InUse => "upload_in_use",
        }
    }

    /// May the same request succeed a little later?
    pub fn retry(self) -> bool {
        matches!(self, Self::TooManyUploads | Self::InUse)
    }
}
