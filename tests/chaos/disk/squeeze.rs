//! Two ways to take a store's space away, and to give it back.
//!
//! What one of them mounted or wrote is gone when it is dropped.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::stage::run;

pub trait Squeeze {
    fn tighten(&mut self);
    fn loosen(&mut self);
}

/// A disk in memory, filled to the last page by a file that is nobody's.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where mounting is not allowed.
    pub fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=16m", "tmpfs", at.to_str()?]).then(|| Self(at.to_owned()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Squeeze for SmallDisk {
    fn tighten(&mut self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let page = [0_u8; 4096];
        // Ends with the disk, at the latest after 16 MiB.
        while ballast.write_all(&page).is_ok() {}
    }

    fn loosen(&mut self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the broker may hold files there until it is dropped too.
        run("umount", &["-l", &self.0.to_string_lossy()]);
    }
}

/// The soft limit on the size of files that one process may write. The hard one stays, so that lifting needs no rights.
pub struct FileLimit(u32);

impl FileLimit {
    pub fn of(pid: u32) -> Self {
        Self(pid)
    }

    fn set(&self, soft: &str) {
        let limited = run("prlimit", &["--pid", &self.0.to_string(), &format!("--fsize={soft}:")]);
        assert!(limited, "prlimit could not set the limit to {soft}");
    }
}

impl Squeeze for FileLimit {
    fn tighten(&mut self) {
        self.set("0");
    }

    fn loosen(&mut self) {
        self.set("unlimited");
    }
}
