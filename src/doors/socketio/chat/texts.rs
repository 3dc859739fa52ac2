//! What the chat dialect says when it says no, word for word as its original does (PROTOCOLS section 5.2).

pub const GROUP_NEEDED: &str = "ID do grupo é obrigatório";
pub const CONTENT_NEEDED: &str = "Conteúdo da mensagem é obrigatório";
pub const TEXT_EMPTY: &str = "Mensagem de texto não pode estar vazia";
pub const FILE_NEEDED: &str = "Mensagem de mídia deve ter um arquivo";
pub const KIND_UNKNOWN: &str = "Tipo de mensagem inválido";
pub const REPLY_UNKNOWN: &str = "Mensagem de resposta não encontrada";
pub const MESSAGE_NEEDED: &str = "ID da mensagem é obrigatório";
pub const MESSAGE_AND_CONTENT_NEEDED: &str = "ID da mensagem e conteúdo são obrigatórios";
pub const FILE_INCOMPLETE: &str = "Dados do arquivo incompletos";
