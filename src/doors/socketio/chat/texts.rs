//! What the chat dialect says when it says no, word for word as its original does (PROTOCOLS section 5).

use std::borrow::Cow;

use recado_actors::refusal::{FileRefusal, GroupRefusal, Refusal};

pub const TOKEN_NEEDED: &str = "Token de autenticação necessário";
pub const TOKEN_INVALID: &str = "Token inválido";
pub const USER_UNKNOWN: &str = "Usuário não encontrado";
pub const RATE_LIMITED: &str = "Rate limit exceeded";

pub const GROUP_NEEDED: &str = "ID do grupo é obrigatório";
pub const CONTENT_NEEDED: &str = "Conteúdo da mensagem é obrigatório";
pub const TEXT_EMPTY: &str = "Mensagem de texto não pode estar vazia";
pub const FILE_NEEDED: &str = "Mensagem de mídia deve ter um arquivo";
pub const ADDRESS_WRONG: &str = "URL do arquivo inválida";
pub const KIND_UNKNOWN: &str = "Tipo de mensagem inválido";
pub const REPLY_UNKNOWN: &str = "Mensagem de resposta não encontrada";
pub const MESSAGE_NEEDED: &str = "ID da mensagem é obrigatório";
pub const MESSAGE_UNKNOWN: &str = "Mensagem não encontrada";
pub const MESSAGE_AND_CONTENT_NEEDED: &str = "ID da mensagem e conteúdo são obrigatórios";
pub const NOT_EDITABLE: &str = "Apenas mensagens de texto não deletadas podem ser editadas";
pub const FILE_INCOMPLETE: &str = "Dados do arquivo incompletos";
pub const SEND_FAILED: &str = "Falha ao enviar mensagem";
pub const FAILED: &str = "Erro interno do servidor";

pub const CONNECTED: &str = "Conectado com sucesso ao chat";
pub const JOINED: &str = "Entrou no grupo com sucesso";
pub const LEFT: &str = "Saiu do grupo com sucesso";
pub const DELETED: &str = "Mensagem deletada com sucesso";
pub const RECALLED: &str = "Mensagem cancelada com sucesso";
pub const UPLOADED: &str = "Arquivo enviado com sucesso";
pub const RESTARTING: &str = "Servidor reiniciando, reconecte em alguns segundos";

/// A refusal as the original has it; `failed` where it knows no such thing.
pub fn of(refusal: &Refusal, failed: &'static str) -> Cow<'static, str> {
    match refusal {
        Refusal::Group(why) => in_group(*why).into(),
        Refusal::File(why) => of_file(*why),
        Refusal::EmptyContent => TEXT_EMPTY.into(),
        Refusal::ContentTooLong { limit } => {
            format!("Mensagem não pode ter mais de {limit} caracteres").into()
        }
        Refusal::UnknownMessage | Refusal::MessageDeleted => MESSAGE_UNKNOWN.into(),
        Refusal::RoomClosed => in_group(GroupRefusal::Inactive).into(),
        Refusal::RateLimited { .. } => RATE_LIMITED.into(),
        // No chat speaks of documents.
        Refusal::Document(_)
        | Refusal::NotAnAgent
        | Refusal::SeqAhead { .. }
        | Refusal::OtherIdentity
        | Refusal::Banned
        | Refusal::TicketUsed
        | Refusal::NotInRoom
        | Refusal::TooManyRooms { .. }
        | Refusal::StoreFull
        | Refusal::StoreDown
        | Refusal::Busy
        | Refusal::TimedOut
        | Refusal::Restarting
        | Refusal::Draining
        | Refusal::BackendRefused { .. }
        | Refusal::BackendFailed { .. }
        | Refusal::BackendDown => failed.into(),
    }
}

fn in_group(refusal: GroupRefusal) -> &'static str {
    match refusal {
        GroupRefusal::Unknown => "Grupo não encontrado",
        GroupRefusal::Inactive => "Não é possível enviar mensagem para grupo inativo",
        GroupRefusal::NotAMember => "Usuário não é membro deste grupo",
        GroupRefusal::NotTheAuthor => "Apenas o autor pode editar a mensagem",
        GroupRefusal::NotAText => NOT_EDITABLE,
        GroupRefusal::MayNotDelete => "Sem permissão para deletar esta mensagem",
        GroupRefusal::NotTheSender => "Apenas o remetente pode cancelar a mensagem",
        GroupRefusal::TooLate { .. } => "Tempo limite para cancelar a mensagem expirou",
        GroupRefusal::ReadAlready => "Não é possível cancelar mensagem já lida",
        GroupRefusal::UnknownReply => REPLY_UNKNOWN,
        GroupRefusal::ReplyElsewhere => "Não é possível responder mensagem de outro grupo",
        GroupRefusal::ReplyDeleted => "Não é possível responder mensagem deletada",
    }
}

fn of_file(refusal: FileRefusal) -> Cow<'static, str> {
    match refusal {
        FileRefusal::NotYourRoom => in_group(GroupRefusal::NotAMember).into(),
        FileRefusal::Empty => FILE_INCOMPLETE.into(),
        FileRefusal::TooLarge { limit } => too_large(limit).into(),
        FileRefusal::OverQuota { .. } => "Limite de armazenamento atingido".into(),
        FileRefusal::TooManyUploads => "Muitos envios ao mesmo tempo".into(),
        FileRefusal::Unknown | FileRefusal::OtherOffset { .. } | FileRefusal::InUse => FAILED.into(),
    }
}

/// `limit` in bytes.
pub fn too_large(limit: u64) -> String {
    format!("Arquivo muito grande. Máximo {}MB", limit / (1 << 20))
}
