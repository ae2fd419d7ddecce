// MULT18X18 as far as cells_gowin.v uses it: always enabled, never reset, operands from the ports.
// After Gowin UG287 (DSP user guide): AREG, BREG, PIPE_REG and OUT_REG are its registers.
module MULT18X18 #(
    parameter AREG = 1'b0, parameter BREG = 1'b0, parameter OUT_REG = 1'b0, parameter PIPE_REG = 1'b0
) (
    input CLK, CE, RESET, ASIGN, BSIGN, ASEL, BSEL,
    input [17:0] A, B, SIA, SIB,
    output [35:0] DOUT,
    output [17:0] SOA, SOB
);
    reg [17:0] a_r, b_r;
    reg [35:0] m_r, p_r;
    wire [17:0] a_i = AREG ? a_r : A;
    wire [17:0] b_i = BREG ? b_r : B;
    wire [35:0] a_x = {{18{ASIGN & a_i[17]}}, a_i};
    wire [35:0] b_x = {{18{BSIGN & b_i[17]}}, b_i};
    wire [35:0] m = a_x * b_x;
    wire [35:0] m_i = PIPE_REG ? m_r : m;
    assign DOUT = OUT_REG ? p_r : m_i;
    assign SOA = 18'b0;
    assign SOB = 18'b0;
    always @(posedge CLK) begin
        a_r <= A;
        b_r <= B;
        m_r <= m;
        p_r <= m_i;
    end
endmodule
