//! What bytes are: the type of a file by its content, and the forms in which a file comes inside a message.
//!
//! A name never makes a file more than its content is: what a browser could run is known as such, whatever it claims.

pub mod attached;
mod markup;

use recado_actors::depot::Media;

/// What most browsers show without running any of it.
const SHOWN: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "image/vnd.microsoft.icon",
    "text/plain",
];
const SHOWN_KINDS: &[&str] = &["audio/", "video/"];

/// Names that make a system run what it opens; nothing is stored under one unless it is that.
const RUN: &[&str] = &[
    "apk", "app", "bat", "cgi", "chm", "cmd", "com", "cpl", "css", "dll", "exe", "hta", "htm", "html", "htc",
    "jar", "js", "jse", "jsp", "lnk", "mht", "mhtml", "mjs", "msi", "php", "pif", "pl", "ps1", "py", "rb",
    "reg", "scr", "sh", "shtml", "svg", "svgz", "swf", "url", "vbs", "wasm", "wsf", "xht", "xhtml", "xml",
    "xsl", "xslt",
];
const SCRIPTS: &[&str] = &["js", "mjs", "cjs"];
const EXTENSION_BYTES: usize = 8;

/// May a browser show it in place? PDF is not among these: it carries scripts, and what shows it refuses to be
/// sandboxed.
pub fn is_shown(media: &str) -> bool {
    SHOWN.contains(&media) || SHOWN_KINDS.iter().any(|kind| media.starts_with(kind))
}

/// What a file is that begins like this; its name decides only where the content says nothing.
pub fn sniff(head: &[u8], title: &str) -> Media {
    let named = named(title);
    if let Some((media, extension)) = known(head) {
        let polyglot = is_shown(media) && markup::is_hidden_in(head);
        return if polyglot { of("application/octet-stream", "bin") } else { of(media, extension) };
    }
    let Some(text) = markup::as_text(head) else {
        let extension = named.filter(|name| !RUN.contains(&name.as_str()));
        return of("application/octet-stream", extension.as_deref().unwrap_or("bin"));
    };
    if let Some((media, extension)) = markup::kind_of(text) {
        return of(media, extension);
    }
    match named.as_deref() {
        Some(script) if SCRIPTS.contains(&script) => of("text/javascript", "js"),
        Some(name) if !RUN.contains(&name) => of("text/plain", name),
        _ => of("text/plain", "txt"),
    }
}

fn of(media: &str, extension: &str) -> Media {
    Media { media: media.to_owned(), extension: format!(".{extension}") }
}

/// By magic bytes. Text has none, and an OLE container is as many things as Office had.
fn known(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let found = infer::get(head)?;
    let (media, extension) = (found.mime_type(), found.extension());
    let own = media.starts_with("text/") || matches!(extension, "msi" | "obj" | "pem" | "eot");
    (!own).then_some((media, if extension == "Z" { "z" } else { extension }))
}

/// The extension of a name, if it is short and plain.
fn named(title: &str) -> Option<String> {
    let (_, extension) = title.rsplit_once('.')?;
    let plain = (1..=EXTENSION_BYTES).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

    fn told(head: &[u8], title: &str) -> (String, String) {
        let Media { media, extension } = sniff(head, title);
        (media, extension)
    }

    #[test]
    fn a_file_is_what_its_content_is_whatever_it_is_called() {
        for (head, title, media, extension) in [
            (PNG, "cv.pdf", "image/png", ".png"),
            (&b"%PDF-1.7\n"[..], "photo.png", "application/pdf", ".pdf"),
            (b"GIF89a\x01\0\x01\0", "a.exe", "image/gif", ".gif"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "image/svg+xml", ".svg"),
            (b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>", "a.txt", "text/html", ".html"),
            (b"hello <ScRiPt>alert(1)</script>", "a.jpg", "text/html", ".html"),
            (b"<?xml version='1.0'?><a/>", "a.jpg", "application/xml", ".xml"),
            (b"#!/bin/sh\nrm x", "a.txt", "text/x-shellscript", ".sh"),
            (b"alert(1)", "a.js", "text/javascript", ".js"),
            (b"a,b\n1,2", "t.CSV", "text/plain", ".csv"),
            (b"hello", "a.html", "text/plain", ".txt"),
            (b"hello", "", "text/plain", ".txt"),
            (b"\0\x01\x02\x03", "a.dat", "application/octet-stream", ".dat"),
            (b"\0\x01\x02\x03", "a.html", "application/octet-stream", ".bin"),
            (b"\0\x01\x02\x03", "a.t/../x", "application/octet-stream", ".bin"),
            (b"MZ\x90\0\x03", "game.png", "application/vnd.microsoft.portable-executable", ".exe"),
        ] {
            assert_eq!(told(head, title), (media.to_owned(), extension.to_owned()), "{title}");
        }
    }

    #[test]
    fn a_picture_with_a_page_inside_is_no_picture() {
        for page in ["<script>alert(1)</script>", "<HTML>", "<svg onload=x>", "<!doctype html>"] {
            let polyglot = [b"GIF89a\x01\0\x01\0", page.as_bytes()].concat();
            assert_eq!(told(&polyglot, "a.gif").0, "application/octet-stream", "{page}");
        }
    }

    #[test]
    fn nothing_that_runs_is_shown() {
        for media in [
            "text/html",
            "image/svg+xml",
            "application/xml",
            "text/javascript",
            "application/pdf",
            "application/octet-stream",
        ] {
            assert!(!is_shown(media), "{media}");
        }
        assert!(is_shown("image/png") && is_shown("audio/ogg") && is_shown("video/mp4"));
    }
}
